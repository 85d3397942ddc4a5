#pragma once

#include <span>
#include <vector>

namespace contrans {

/// Holm's step-down adjustment (Scandinavian Journal of Statistics 6, 1979): below α, chance gives none of them with
/// probability 1 − α at least, however they depend on each other.
/// @param p  each in [0, 1]. Throws Error{argument} for another.
[[nodiscard]] std::vector<double> holm_adjusted(std::span<const double> p);

/// Benjamini and Hochberg's step-up adjustment (Journal of the Royal Statistical Society B 57, 1995): of those below q,
/// chance has made a share of q at most, on average, where tests are independent or depend positively. For large tables
/// of few groups, whose smallest p is too large for Holm's.
/// @param p  each in [0, 1]. Throws Error{argument} for another.
[[nodiscard]] std::vector<double> false_discovery_adjusted(std::span<const double> p);

}  // namespace contrans
