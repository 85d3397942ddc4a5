#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/core/layer_index.h"
#include "contrans/runtime/steering.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// A direction at one target layer.
struct SteeredLayer {
    LayerIndex layer;
    std::vector<float> direction;  ///< [d_target], any norm
    double sigma = 0;              ///< spread of the layer
};

/// The layers that something is steered at, rising.
using LayerSet = std::vector<LayerIndex>;

/// What stands for choice: directions at one target layer, or at several that share the dose evenly.
struct SearchCandidate {
    std::string label;                 ///< for people: "22→14 token-plain"
    std::vector<SteeredLayer> layers;  ///< rising, at least one
    std::size_t refinement = 0;        ///< of the concept (ConceptVector::refinement)
    std::string fit = "";              ///< of the maps that carried it (FitKind); empty: not carried
};

/// A candidate called after its layers: "layer 5", "layer 5+9".
[[nodiscard]] SearchCandidate named_by_layers(std::vector<SteeredLayer> layers);

/// Says of a candidate by which other refinement of the concept it is, in its label too.
void set_refinement(SearchCandidate& candidate, std::size_t refinement, const Refinement& how);

[[nodiscard]] LayerSet layer_set(const SearchCandidate& candidate);

/// What a candidate adds at a dose: dose / n of each of its n layers' own spread. Throws as offset_for_dose.
[[nodiscard]] std::vector<ControlLayer> layers_at_dose(const SearchCandidate& candidate, double dose);

/// The plan of one candidate at one dose; null at dose 0.
[[nodiscard]] std::shared_ptr<const SteeringPlan> plan_of(const SearchCandidate& candidate, double dose);

/// A vector's dose is the sum of its layers'.
[[nodiscard]] double total_dose(const std::vector<ControlLayer>& layers);

}  // namespace contrans
