#pragma once

#include "contrans/linalg/matrix.h"

namespace contrans {

/// The states of both classes, positives first [n_positive + n_negative, d].
[[nodiscard]] MatrixF64 pooled_states(MatrixView positive, MatrixView negative);

/// Subtracts every column's mean, in place.
void centre_columns(MatrixF64& x);

}  // namespace contrans
