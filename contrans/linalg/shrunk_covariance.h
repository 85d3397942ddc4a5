#pragma once

#include <cstddef>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// The least weight of the identity: keeps the matrix invertible where rows are few or alike.
inline constexpr double kLeastShrinkage = 1e-4;

/// Σ = (1 − λ)·S + λ·m·I, with S = XᵀX / n and m = tr S / d, of rows whose mean is zero. tr Σ = tr S.
struct ShrunkCovariance {
    MatrixF64 matrix;      ///< Σ [d, d], positive definite
    double shrinkage = 0;  ///< λ, in [kLeastShrinkage, 1]
    std::size_t rows = 0;  ///< n
};

/// λ by Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices (2004), §3.3:
///   λ = (Σ_r ‖x_r‖⁴ / n − ‖S‖²) / (n · ‖S − m·I‖²),  Frobenius norms.
/// It takes rows for independent draws; tokens of one text are not quite, so the true best λ is somewhat larger.
/// @param rows [n, d] f32, accumulated f64
/// Throws Error{argument} when it is empty, Error{numeric} when all values are zero.
[[nodiscard]] ShrunkCovariance shrunk_covariance(MatrixView rows);

}  // namespace contrans
