#pragma once

#include "contrans/linalg/matrix.h"

namespace contrans {

/// Solves S·x = r for every row r of `right_sides` [m, d]; the rows of the result [m, d] are the solutions.
/// @param positive_definite S [d, d], symmetric
/// Throws Error{argument} when shapes disagree, Error{numeric} naming the pivot when S is not positive definite.
[[nodiscard]] MatrixF64 cholesky_solve(MatrixF64 positive_definite, MatrixF64 right_sides);

}  // namespace contrans
