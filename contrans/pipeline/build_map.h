#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/mapping/map_set.h"
#include "contrans/runtime/model.h"

namespace contrans {

struct MapRequest {
    std::vector<LayerIndex> source_layers;  ///< layers looked at; empty: from 0.6 to 0.95 of the depth
    std::vector<LayerIndex> target_layers;  ///< the same; empty: from 0.5 to 0.85 of the depth
    std::size_t shortlist = 3;              ///< target layers that maps are fitted for, beside the paper's
    std::vector<std::string> neutral;       ///< texts that σ is measured on; empty: the built-in development texts
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// Fits maps between the two models' residual streams on texts that both read.
///
/// First a sample of the texts at all layers looked at, for CKA; then all texts at the shortlisted layers, at every
/// position where both tokenizers end a token at the same character (the first dropped) and at the last token.
/// Throws Error{argument} for fewer than 20 texts or layers that a model lacks, and what harvest and fits throw.
[[nodiscard]] MapSet build_map(const std::shared_ptr<const Model>& source, const std::shared_ptr<const Model>& target,
                               std::span<const std::string> texts, const MapRequest& request,
                               const RunContext& context);

}  // namespace contrans
