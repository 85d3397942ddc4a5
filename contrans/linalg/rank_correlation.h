#pragma once

#include <optional>
#include <span>

namespace contrans {

/// Spearman's rank correlation of value i of both; equal values get the mean of their ranks. Nothing for fewer than two
/// values, and where all values of a side are equal. Throws Error{argument} for lists of different lengths.
[[nodiscard]] std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace contrans
