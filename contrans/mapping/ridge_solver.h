#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "contrans/linalg/cholesky.h"
#include "contrans/linalg/matrix.h"
#include "contrans/linalg/symmetric_eigen.h"

namespace contrans {

/// Solves (G + p·m·I)·B = C for one Gram matrix G [d, d], m its mean eigenvalue, and any penalty p.
///
/// Where G is of full rank by Cholesky of D·G·D + p·m·D², D the inverse roots of G's diagonal: massive dimensions cost
/// no digits there, and d³/3 multiplications stand for the 9·d³ or so of an eigendecomposition. Elsewhere by
/// eigenvectors: those whose eigenvalue is at most cutoff·largest get no weight (minimum norm). Safe to use from
/// several threads.
class RidgeSolver {
public:
    /// Throws Error{numeric} when G is zero: the rows are all alike.
    RidgeSolver(MatrixF64 gram, double cutoff);

    /// The numerical rank of G.
    [[nodiscard]] std::size_t rank() const { return rank_; }
    /// B for every C [d, m] of `rights`.
    [[nodiscard]] std::vector<MatrixF64> solve(std::vector<MatrixF64> rights, double penalty) const;

private:
    [[nodiscard]] bool try_cholesky(const MatrixF64& gram);
    [[nodiscard]] CholeskyFactor factor(double penalty) const;

    double cutoff_;
    double mean_eigenvalue_ = 0;
    std::vector<double> scale_;            // D
    MatrixF64 scaled_;                     // D·G·D; empty where eigenvectors do it
    std::optional<CholeskyFactor> plain_;  // of that
    SymmetricEigen eigen_;
    std::size_t rank_ = 0;
};

}  // namespace contrans
