#pragma once

#include <cstddef>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// The states of both classes, positives first [n_positive + n_negative, d].
[[nodiscard]] MatrixF64 pooled_states(MatrixView positive, MatrixView negative);

/// Views of the two classes in states that hold positives first [n_positive + n_negative, d].
struct ClassStates {
    MatrixView positive;
    MatrixView negative;
};
[[nodiscard]] ClassStates split_classes(MatrixView states, std::size_t n_positive);

/// Subtracts every column's mean, in place.
void centre_columns(MatrixF64& x);

}  // namespace contrans
