#pragma once

#include "contrans/linalg/matrix.h"

namespace contrans {

/// S = Uᵀ·U of a symmetric positive definite S [d, d], U upper triangular (LAPACK dpotrf), for any number of right
/// sides. Safe to use from several threads.
class CholeskyFactor {
public:
    /// @param positive_definite  one triangle is read
    /// Throws Error{argument} when it is empty or not square, Error{numeric} naming the pivot when it is not positive
    /// definite.
    explicit CholeskyFactor(MatrixF64 positive_definite);

    /// B [d, m] with S·B = C, C [d, m]. Throws Error{argument} when shapes disagree.
    [[nodiscard]] MatrixF64 solve(MatrixF64 right_sides) const;
    /// The least of the pivots U(i, i)²: of an S with unit diagonal, the share of a dimension that those before it do
    /// not explain.
    [[nodiscard]] double least_pivot() const;

private:
    MatrixF64 upper_;
};

/// Solves S·x = r for every row r of `right_sides` [m, d]; the rows of the result [m, d] are the solutions.
/// @param positive_definite S [d, d], symmetric
/// Throws Error{argument} when shapes disagree, Error{numeric} naming the pivot when S is not positive definite.
[[nodiscard]] MatrixF64 cholesky_solve(MatrixF64 positive_definite, MatrixF64 right_sides);

}  // namespace contrans
