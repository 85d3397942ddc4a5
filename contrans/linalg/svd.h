#pragma once

#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// X = u · diag(values) · vt, with k = min(m, n).
struct ThinSvd {
    MatrixF64 u;                 ///< [m, k], orthonormal columns
    std::vector<double> values;  ///< [k], descending
    MatrixF64 vt;                ///< [k, n], orthonormal rows
};

/// LAPACK dgesdd of x [m, n]. Throws Error{argument} when x is empty, Error{numeric} when it does not converge or a
/// value is not finite.
[[nodiscard]] ThinSvd thin_svd(MatrixF64 x);

}  // namespace contrans
