#pragma once

#include <string>

#include "contrans/linalg/matrix.h"
#include "contrans/runtime/model.h"

namespace contrans::testing {

/// How far a twin is from its model on one text, both by llama.cpp alone with F32 keys and values.
struct TurnedDistance {
    float logits = 0;   ///< largest difference of a logit
    double states = 0;  ///< largest ‖h' − h·R‖ / ‖h‖ over all blocks and tokens
};

/// @param rotation R [d, D]
[[nodiscard]] TurnedDistance turned_distance(const Model& model, const Model& twin, const MatrixF64& rotation,
                                             const std::string& text);

}  // namespace contrans::testing
