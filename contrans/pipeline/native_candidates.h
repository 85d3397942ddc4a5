#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/core/progress.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/candidate.h"

namespace contrans {

/// Directions that are refined in the target itself, for every set of layers by every refinement. The texts are read
/// once.
/// @param sigma_of  the spread of a layer
/// Throws what harvest_texts and refine_direction throw.
[[nodiscard]] std::vector<SearchCandidate> native_candidates(const std::shared_ptr<const Model>& target,
                                                             const ContrastPairs& pairs,
                                                             std::span<const Refinement> refinements,
                                                             std::span<const LayerSet> sets,
                                                             const std::function<double(LayerIndex)>& sigma_of,
                                                             std::size_t threads, const RunContext& context);

}  // namespace contrans
