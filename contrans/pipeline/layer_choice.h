#pragma once

#include <cstddef>
#include <vector>

#include "contrans/cluster/communicator.h"
#include "contrans/mapping/map_set.h"
#include "contrans/mapping/pair_statistics.h"
#include "contrans/pipeline/paired_corpus.h"

namespace contrans {

/// Layers that could be mapped; empty: those of a band of the depth, 0.73 to 0.95 of the source's and 0.6 to 0.85 of
/// the target's, that the readers have.
struct LayerBands {
    std::vector<LayerIndex> source;
    std::vector<LayerIndex> target;
};

/// The bands with nothing left empty. Throws Error{argument} for a layer asked for that its reader lacks.
[[nodiscard]] LayerBands choose_bands(const ReaderPair& readers, LayerBands asked);

/// CKA of the last paired points of up to 256 evenly spaced texts, all layer pairs; massive rows left out. The ranks
/// share the reading, and all get the result.
[[nodiscard]] std::vector<LayerPairSimilarity> compare_layers(const ReaderPair& readers, const PairedCorpus& corpus,
                                                              const LayerBands& bands, std::size_t threads,
                                                              Communicator& ranks, const RunContext& context);

/// Every pair of `n` source and `n` target layers spread over the bands, so that one source layer can steer several
/// target layers; and the paper's pair (map_statistics.h), where that is in the bands. Rising.
[[nodiscard]] std::vector<LayerPair> shortlist(const ReaderPair& readers, const LayerBands& bands, std::size_t n);

}  // namespace contrans
