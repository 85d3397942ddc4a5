#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/concepts/word_response.h"
#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"

namespace contrans {

/// One candidate of the control searches, kept beside the vector in V.controls.gguf.
struct ControlDirection {
    enum class Kind { shuffled_map, shuffled_labels } kind = Kind::shuffled_map;
    LayerIndex target_layer;
    std::vector<float> direction;  ///< [d_target], any norm: only its direction counts
    double sigma = 0;              ///< of target_layer
    std::size_t group = 0;         ///< of one kind: those of one group steer together, at one layer each
    std::optional<Refinement> how = std::nullopt;  ///< of the concept's refinement; nothing in older files
    std::string fit = "";  ///< of the map that carried it (FitKind); empty: not carried, or an older file
};

/// V.controls.gguf: what `evaluate` needs to run the controls without the source model.
struct ControlSet {
    ModelIdentity target;
    std::vector<ControlDirection> directions;
    /// The source's own, one a refinement in the order in which those come (or one for all), where the carried vector's
    /// candidates had to agree with them: so have the torn map's. Empty where they had not, and in older files.
    std::vector<WordResponse> responses = {};
};

}  // namespace contrans
