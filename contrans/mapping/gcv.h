#pragma once

#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// Generalised cross-validation of a ridge (Golub, Heath and Wahba 1979, Generalized cross-validation as a method for
/// choosing a good ridge parameter, eq. 1.4), for all target dimensions at once:
///   GCV(p) = (RSS(p)/n) / (1 − df(p)/n)²,   df(p) = 1 + Σ_i λ_i·d_i,
///   RSS(p) = Σ‖y‖² − Σ_i q_i·(2·d_i − λ_i·d_i²),   q_i = ‖row i of E·XᵀY‖²,
/// d the shrinkage, λ the eigenvalues of XᵀX; y and E·XᵀY about the training means and in the metric asked for. The 1
/// is the mean's. It estimates, up to a factor, the error of leaving out one row at a time: rows of one text are no
/// independent draws, so the penalty it likes is on the small side.
class GcvScore {
public:
    /// @param eigenvalues  λ [d_source]   @param projected  E·XᵀY [d_source, k]
    /// @param total        Σ‖y‖²         @param rows       n
    GcvScore(std::span<const double> eigenvalues, const MatrixF64& projected, double total, double rows);

    /// GCV at a shrinkage d [d_source]; infinite when the fit has as many degrees of freedom as rows.
    [[nodiscard]] double operator()(std::span<const double> shrinkage) const;

private:
    std::vector<double> eigenvalues_;
    std::vector<double> squares_;  // q
    double total_;
    double rows_;
};

}  // namespace contrans
