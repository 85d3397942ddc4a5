#pragma once

#include <span>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// The rotation that best turns source rows into target rows once every dimension of both has variance 1 (orthogonal
/// Procrustes, Schönemann 1966): U·Vᵀ of the SVD U·S·Vᵀ of D_x·C·D_y, put back into raw units.
/// @param cross          C [d_source, d_target], Σ x·yᵀ about the means
/// @param inverse_sd_x   [d_source] diagonal of D_x; 0 leaves a dimension out
/// @param inverse_sd_y   [d_target] diagonal of D_y; 0 leaves a dimension out
/// @return [d_source, d_target]: x·result is the image of x
/// Throws Error{numeric} when the cross products are all zero.
[[nodiscard]] MatrixF64 procrustes(const MatrixF64& cross, std::span<const double> inverse_sd_x,
                                   std::span<const double> inverse_sd_y);

}  // namespace contrans
