#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/harvest/state_reader.h"
#include "contrans/mapping/pairing.h"

namespace contrans {

/// The two readers whose states are paired.
struct ReaderPair {
    const StateReader& source;
    const StateReader& target;
};

/// A text as both readers see it, and the points that end at the same character.
struct PairedText {
    TextPoints source;
    TextPoints target;
    TokenPairing pairs;
};

/// Nothing for a text that one of the readers lacks or does not spell. Throws what StateReader::find throws.
[[nodiscard]] std::optional<PairedText> pair_text(const ReaderPair& readers, const std::string& text);

/// The texts of a corpus that have pairs, in blocks that are read and counted one after the other: what is in memory at
/// a time, and what one of several processes takes. The same texts make the same blocks.
struct PairedCorpus {
    std::vector<const std::string*> texts;
    std::vector<std::size_t> block_ends;  ///< a block's texts go up to here
    std::size_t tokens_matched = 0;
    std::size_t tokens_comparable = 0;

    [[nodiscard]] std::span<const std::string* const> block(std::size_t number) const;
};

struct CorpusLimits {
    std::size_t fewest_texts = 20;    ///< with pairs
    std::size_t block_tokens = 8192;  ///< points of the target that end a block once it has 20 texts
};

/// Throws Error{argument} when fewer texts have pairs or one reader has means where the other has tokens, and what
/// StateReader::find throws.
[[nodiscard]] PairedCorpus plan_corpus(const ReaderPair& readers, std::span<const std::string> texts,
                                       const CorpusLimits& limits, const RunContext& context);

}  // namespace contrans
