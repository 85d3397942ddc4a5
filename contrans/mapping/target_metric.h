#pragma once

#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"
#include "contrans/mapping/pair_moments.h"

namespace contrans {

/// The units in which errors of a target layer are measured: ‖T·e‖² for an error e [d_target], T [k, d_target]. Rows of
/// a matrix enter the metric as M·Tᵀ.
///
///   raw           T = 1: the giant dimensions rule;
///   standardised  T = D, the inverse standard deviations: every dimension counts alike;
///   whitened      T = (Λ + ε)^-½·U·D, with U·Λ·Uᵀ the correlation matrix D·S·D and ε = kWhiteningFloor: every
///   direction
///                 counts alike, but for those of less variance than ε, which are mostly noise.
/// Dimensions without variance have no weight in any of them.
class TargetMetric {
public:
    /// @param inverse_sd  diagonal of D [d_target]; 0 leaves a dimension out
    [[nodiscard]] static TargetMetric raw(std::span<const double> inverse_sd);
    [[nodiscard]] static TargetMetric standardised(std::span<const double> inverse_sd);
    /// @param y  moments of the target's training rows, with their gram. Throws Error{argument} when it has none.
    [[nodiscard]] static TargetMetric whitened(const SourceMoments& y, std::span<const double> inverse_sd);

    /// M·Tᵀ [n, k] of M [n, d_target].
    [[nodiscard]] MatrixF64 enter(MatrixF64 m) const;
    /// Back: M·(T⁺)ᵀ [n, d_target] of M [n, k]; zero in dimensions without weight.
    [[nodiscard]] MatrixF64 leave(MatrixF64 m) const;
    /// Σ ‖T·(y − mean)‖² of the training rows, of the sums of squares of each dimension [d_target].
    [[nodiscard]] double total(std::span<const double> squares) const;

private:
    std::vector<double> scale_;  // [d_target]
    MatrixF64 directions_;       // U [k, d_target]; empty: the dimensions themselves
    std::vector<double> roots_;  // (Λ + ε)^½ [k]
    double whitened_share_ = 0;  // Σ λ/(λ + ε)
    double rows_ = 0;
};

/// ε, in units of the mean eigenvalue of a correlation matrix, which is 1.
inline constexpr double kWhiteningFloor = 1e-3;

}  // namespace contrans
