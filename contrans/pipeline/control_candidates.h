#pragma once

#include <functional>
#include <span>
#include <vector>

#include "contrans/pipeline/drawn_controls.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/control_set.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

// What V.controls.gguf holds, as searches and drawn controls take it.

/// The torn map's image of every candidate that the carried vector was chosen from, in their order.
/// @param sigma_of  the spread of a layer, for controls that do not know it
[[nodiscard]] std::vector<SearchCandidate> shuffled_map_candidates(const ControlSet& controls,
                                                                   const std::function<double(LayerIndex)>& sigma_of);

/// The refinements of the concept that the torn map's candidates are by, each once, in the order in which they come.
[[nodiscard]] std::vector<Refinement> refinements_of(const ControlSet& controls);

/// A draw for every shuffle of the labels; none where those are of other layers than the treatment.
[[nodiscard]] DrawnDirections shuffled_label_draws(const ControlSet& controls, const ControlVector& treatment);

/// Every set of layers that a candidate steers, each once, in the order in which they come.
[[nodiscard]] std::vector<LayerSet> layer_sets(std::span<const SearchCandidate> candidates);

}  // namespace contrans
