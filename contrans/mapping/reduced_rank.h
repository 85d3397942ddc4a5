#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

// Reduced-rank regression (Izenman 1975): among all coefficients of rank k the least squares ones are B·V_k·V_kᵀ, with
// B those of full rank and V_k the k leading right singular vectors of the fitted values X·B. Here X·B's Gram matrix is
// BᵀXᵀX·B = Bᵀ·C, since B solves XᵀX·B = C = XᵀY: no row is needed. Errors count in whatever metric Y stands in, and
// for k below full rank the metric changes the fit.

/// Vᵀ [k, k] with rows falling by what they explain. @param full  B [d_source, k]  @param cross  C [d_source, k]
[[nodiscard]] MatrixF64 fitted_directions(const MatrixF64& full, const MatrixF64& cross);

/// The rank with the least squared error on held-out rows, from 1 to what the fitted values span; the lowest of equals.
/// Component i adds 2·xBv_i·yv_i − (xBv_i)² to what is explained, summed over rows: components do not interact.
/// @param held_out_gram   Σ x·xᵀ [d_source, d_source]   @param held_out_cross  Σ x·yᵀ [d_source, k]
[[nodiscard]] std::size_t best_rank(const MatrixF64& full, const MatrixF64& directions, const MatrixF64& held_out_gram,
                                    const MatrixF64& held_out_cross);

/// B·V_r·V_rᵀ.
[[nodiscard]] MatrixF64 limit_rank(const MatrixF64& full, const MatrixF64& directions, std::size_t rank);

}  // namespace contrans
