#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/core/layer_index.h"

namespace contrans {

/// What is added to the residual stream of a sequence: one offset per steered layer, at every position (as llama.cpp's
/// own control vectors do). Immutable once made.
class SteeringPlan {
public:
    struct Step {
        LayerIndex layer;
        std::vector<float> offset;  ///< [d_model], in units of the hidden state
    };

    /// Throws Error{argument} when a layer is named twice or widths differ, Error{numeric} when a value is not finite.
    explicit SteeringPlan(std::vector<Step> steps);

    [[nodiscard]] std::span<const Step> steps() const { return steps_; }
    /// The offset at a layer, empty when the plan leaves that layer alone.
    [[nodiscard]] std::span<const float> offset_at(LayerIndex layer) const;
    [[nodiscard]] LayerIndex deepest_layer() const;

private:
    std::vector<Step> steps_;  // rising in layer, at least one
};

}  // namespace contrans
