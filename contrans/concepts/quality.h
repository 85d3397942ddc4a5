#pragma once

#include <cstdint>
#include <span>

#include "contrans/concepts/refinement.h"

namespace contrans {

/// How well the direction that `options` read from these states [n_positive, d], [n_negative, d] holds on texts it was
/// not read from:
///   norm               ‖direction‖ from all texts;
///   held_out_auc       share of (positive, negative) comparisons won by the positive, ties half, over the held-out
///                      texts of 5 folds (fewer with fewer texts); comparisons stay within a fold, since projections on
///                      two folds' directions have no common origin;
///   split_half_cosine  mean over 8 random splits of each class in two of the cosine between the halves' directions.
/// Folds and halves keep pairs together. The same seed gives the same figures.
/// Throws as refine_direction, and Error{argument} when a class has fewer than 2 texts.
[[nodiscard]] DirectionQuality direction_quality(MatrixView positive, MatrixView negative, const RefineOptions& options,
                                                 std::uint64_t seed);

/// Area under the ROC curve: probability that a positive score exceeds a negative one, ties counted half.
/// Throws Error{argument} when a side is empty.
[[nodiscard]] double area_under_roc(std::span<const double> positive, std::span<const double> negative);

}  // namespace contrans
