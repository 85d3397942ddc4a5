#pragma once

#include <memory>
#include <span>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/runtime/steering.h"

namespace contrans {

// A dose is ‖what is added‖ in units of the layer's own spread σ (DESIGN §4): coefficient = dose · σ / ‖direction‖.
// Its sign is the sense: negative doses steer away from the concept.

/// Throws Error{numeric} when the direction has no length or σ is not positive.
[[nodiscard]] double coefficient_for_dose(std::span<const float> direction, double dose, double sigma);

/// coefficient · direction, [d_target]. Throws as coefficient_for_dose.
[[nodiscard]] std::vector<float> offset_for_dose(std::span<const float> direction, double dose, double sigma);

/// A plan that steers one layer at every position; null at dose 0.
[[nodiscard]] std::shared_ptr<const SteeringPlan> plan_for_dose(LayerIndex layer, std::span<const float> direction,
                                                                double dose, double sigma);

}  // namespace contrans
