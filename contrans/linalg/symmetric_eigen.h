#pragma once

#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// S = Σ_i values[i] · v_i v_iᵀ, with v_i the **rows** of `vectors`.
struct SymmetricEigen {
    std::vector<double> values;  ///< [d], ascending
    MatrixF64 vectors;           ///< [d, d], row i is the unit eigenvector of values[i]
};

/// All eigenpairs of a symmetric matrix [d, d] (LAPACK dsyevd); one triangle is read.
/// Throws Error{argument} when it is empty or not square, Error{numeric} when LAPACK does not converge or a value is
/// not finite.
[[nodiscard]] SymmetricEigen symmetric_eigen(MatrixF64 symmetric);

struct EigenPair {
    double value = 0;
    std::vector<double> vector;  ///< [d], unit norm, sign arbitrary
};

/// The largest eigenvalue and its vector (LAPACK dsyevr); throws as symmetric_eigen.
[[nodiscard]] EigenPair largest_eigenpair(MatrixF64 symmetric);

}  // namespace contrans
