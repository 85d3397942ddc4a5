#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace contrans {

/// A dimension counts as massive that holds more than this share of ‖h‖², summed over rows; of d alike ones each would
/// hold 1/d. One holds .88 at Gemma 3 270M's block 14, .33 at SmolLM2's 22 (Sun et al. 2024, Massive Activations, §2).
inline constexpr double kMassiveShare = 0.05;

struct MassiveDimension {
    std::size_t dimension = 0;
    double share = 0;  ///< Σ h_j² / Σ ‖h‖², about zero, in (kMassiveShare, 1]
    friend bool operator==(const MassiveDimension&, const MassiveDimension&) = default;
};

/// Falling by share. @param rows     n
/// @param mean     [d] of the rows   @param squares  [d] Σ (h_j − mean_j)²
[[nodiscard]] std::vector<MassiveDimension> massive_dimensions(double rows, std::span<const double> mean,
                                                               std::span<const double> squares);

}  // namespace contrans
