#pragma once

#include <span>
#include <vector>

namespace contrans {

// A dose is ‖what is added‖ in units of the layer's own spread σ (DESIGN §4): coefficient = dose · σ / ‖direction‖.
// Its sign is the sense: negative doses steer away from the concept.

/// Throws Error{numeric} when the direction has no length or σ is not positive.
[[nodiscard]] double coefficient_for_dose(std::span<const float> direction, double dose, double sigma);

/// coefficient · direction, [d_target]. Throws as coefficient_for_dose.
[[nodiscard]] std::vector<float> offset_for_dose(std::span<const float> direction, double dose, double sigma);

}  // namespace contrans
