#pragma once

#include <span>
#include <vector>

namespace contrans {

/// What a ridge weighs each eigendirection of XᵀX with: 1/(λ_i + p·m), m the mean eigenvalue; 0 where λ_i is at most
/// cutoff·λ_max and counts as none.
/// @param eigenvalues  λ [d], ascending   @param penalty  p, in units of m; 0 is least squares of minimum norm
[[nodiscard]] std::vector<double> shrinkage(std::span<const double> eigenvalues, double penalty, double cutoff);

/// How many of ascending eigenvalues are above cutoff·λ_max.
[[nodiscard]] std::size_t numerical_rank(std::span<const double> eigenvalues, double cutoff);

}  // namespace contrans
