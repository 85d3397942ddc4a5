#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// The first row of `x` [n, d] that holds a NaN or an infinity; nothing when all values are finite.
[[nodiscard]] std::optional<std::size_t> first_non_finite_row(MatrixView x);

/// Throws Error{numeric} "<what>: values must be finite, row <r> is not" for the first offending row.
void require_finite(MatrixView x, const std::string& what);

}  // namespace contrans
