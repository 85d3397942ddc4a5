#pragma once

#include <span>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// diag(factors)·m.
[[nodiscard]] MatrixF64 scale_rows(MatrixF64 m, std::span<const double> factors);
/// m·diag(factors).
[[nodiscard]] MatrixF64 scale_columns(MatrixF64 m, std::span<const double> factors);

}  // namespace contrans
