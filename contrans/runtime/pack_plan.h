#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/runtime/sequence_request.h"

namespace contrans {

/// A request's own rows in a pack: positions begin … end − 1. What lies before `begin` it shares with the request
/// before it in the pack; the pack's first shares it with the last request of the pack before, whose rows are kept.
struct PackedRequest {
    std::size_t request = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// What is decoded together: a stretch of a depth-first walk through the trie of all requests' tokens.
using Pack = std::vector<PackedRequest>;

struct PackLimits {
    std::size_t rows = 512;            ///< most rows of a pack
    std::size_t context_tokens = 512;  ///< most rows of a pack and of what it keeps from the pack before
    std::size_t requests = 63;         ///< most requests of a pack
    std::size_t logit_rows = 64;       ///< most rows that want logits
    /// Which rows want logits: those asked for, or all (the last block shows no others, DESIGN §4).
    enum class LogitRows { as_asked, every_row } wanting = LogitRows::as_asked;
};

/// How many tokens two texts begin with in common.
[[nodiscard]] std::size_t common_prefix(std::span<const Token> a, std::span<const Token> b);

/// The requests' indices in the depth-first order of the trie of their tokens, one steering after the other as they
/// first appear.
[[nodiscard]] std::vector<std::size_t> trie_order(std::span<const SequenceRequest> requests);

/// Packs all requests so that a beginning shared by any of them, at any depth, is decoded once: within a pack by rows
/// that belong to several requests, across packs by keeping the rows. Requests of one steering follow each other. A
/// request that no pack holds whole is cut; each piece but the last has a pack of its own.
/// The same requests make the same packs, wherever their steerings lie in memory.
[[nodiscard]] std::vector<Pack> plan_packs(std::span<const SequenceRequest> requests, const PackLimits& limits);

}  // namespace contrans
