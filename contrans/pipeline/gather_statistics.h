#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/cluster/communicator.h"
#include "contrans/core/progress.h"
#include "contrans/mapping/map_statistics.h"
#include "contrans/pipeline/paired_corpus.h"

namespace contrans {

struct MapRequest {
    std::vector<LayerIndex> source_layers;  ///< layers looked at; empty: a band of the depth (layer_choice.h)
    std::vector<LayerIndex> target_layers;  ///< the same
    std::size_t shortlist = 3;              ///< layers a side that maps are fitted for, beside the paper's pair
    FitScope fits = FitScope::usual;        ///< what build_map() fits for them
    std::vector<std::string> neutral;       ///< texts that σ is measured on; empty: the built-in development texts
    std::uint64_t seed = 1;
    std::size_t block_tokens = 8192;  ///< of the target, in memory at a time; a block has at least 20 texts
    std::size_t threads = 0;          ///< 0: one per core
};

/// Reads the texts with both readers and sums up their paired rows, a block of texts at a time: memory does not grow
/// with their number.
///
/// First a sample of the texts at all layers looked at, for CKA; then all texts at the shortlisted layers, at every
/// position where both tokenizers end a token at the same character (the first dropped) and at the last of those;
/// rows that are massive at one of the layers are left out (mapping/massive_rows.h), and a text whose last pair is
/// massive has no last row. σ is measured on neutral texts
/// where the target is a model, on the paired rows where it is a store.
///
/// Blocks are dealt out to the ranks and the ranks' sums merged in a fixed order. Rank 0 has the result, the others
/// nothing.
/// Throws Error{argument} for fewer than 20 texts that pair or layers that a reader lacks, and what reading throws.
[[nodiscard]] std::optional<MapStatistics> gather_statistics(const ReaderPair& readers,
                                                             std::span<const std::string> texts,
                                                             const MapRequest& request, Communicator& ranks,
                                                             const RunContext& context);

/// Reads the texts that `statistics` is not of yet, at its layers, and adds them; the request's layers, shortlist and
/// neutral texts play no part. Complete on rank 0 alone.
/// @return how many texts were left out since they are in it
/// Throws as gather_statistics, here for fewer than 4 texts; Error{argument} when all texts are in it, Error{model}
/// when the readers are of other models.
std::size_t add_texts(MapStatistics& statistics, const ReaderPair& readers, std::span<const std::string> texts,
                      const MapRequest& request, Communicator& ranks, const RunContext& context);

}  // namespace contrans
