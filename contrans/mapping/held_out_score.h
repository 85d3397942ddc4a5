#pragma once

#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// 1 − Σ_j w_j·error_j, with error_j the squared error of target dimension j summed over the held-out rows, of the fit
/// whose coordinates are diag(d)·P for a shrinkage d. The error is quadratic in d, so a whole penalty path costs one
/// product:
///   Σ_j w_j·error_j = Σ_j w_j·s_j − 2·dᵀq + dᵀH·d,   q_i = Σ_j w_j·P_ij·C_ij,   H = G ∘ (P·diag(w)·Pᵀ).
class HeldOutScore {
public:
    /// @param projected         P [d_source, d_target]
    /// @param held_out_gram     G [d_source, d_source], Σ x·xᵀ of the held-out rows about the fit's origin, in its
    /// coordinates
    /// @param held_out_cross    C [d_source, d_target], Σ x·yᵀ likewise
    /// @param held_out_squares  s [d_target], Σ y² likewise; zeros where only scores' differences matter
    /// @param weights           w [d_target], not below 0
    HeldOutScore(const MatrixF64& projected, const MatrixF64& held_out_gram, const MatrixF64& held_out_cross,
                 std::span<const double> held_out_squares, std::span<const double> weights);

    /// @param shrinkage  d [d_source]
    [[nodiscard]] double operator()(std::span<const double> shrinkage) const;
    /// One score for every row of `shrinkages` [n, d_source].
    [[nodiscard]] std::vector<double> operator()(const MatrixF64& shrinkages) const;

private:
    MatrixF64 quadratic_;         // H
    std::vector<double> linear_;  // q
    double constant_ = 0;
};

}  // namespace contrans
