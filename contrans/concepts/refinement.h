#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

struct RefineOptions {
    RefineMethod method = RefineMethod::mean;
    /// paired: row i of both classes belongs together and both have as many rows. Only `pca` reads the pairing.
    ContrastPairs::Pairing pairing = ContrastPairs::Pairing::paired;
    /// λ of `probe`: Σ log(1 + exp(−t·f)) + λ/2·‖w‖² with w in units of the features' standard deviations; > 0.
    double probe_penalty = 1.0;
};

/// One layer's direction from the states of the two classes, [n_positive, d] and [n_negative, d]; f64 inside.
/// With δ = mean(positive) − mean(negative):
///   mean   δ itself (ConTrans §3.1);
///   pca    u·(uᵀδ): u is the first principal axis of the paired differences, taken about zero since what all pairs
///          share is the concept, or for unpaired texts of all texts about their common mean;
///   probe  u·(uᵀδ): u is the unit weight vector of an L2-penalised logistic regression on standardised features,
///          brought back to raw units; features without variance get no weight.
/// So the sign is that in which positives project higher, and the norm the class difference along the direction.
/// Throws Error{argument} when a class is empty, widths differ, paired classes differ in size or the penalty is not
/// above 0; Error{numeric} when a state is not finite (its row is named) or the direction vanishes.
[[nodiscard]] std::vector<float> refine_direction(MatrixView positive, MatrixView negative,
                                                  const RefineOptions& options);

struct ShuffleOptions {
    std::size_t draws = 10;
    std::uint64_t seed = 1;
};

/// Control: directions [draws, d] refined the same way after the class labels were permuted.
/// Throws as refine_direction, and Error{argument} when a class has fewer than 2 texts.
[[nodiscard]] Matrix refine_shuffled(MatrixView positive, MatrixView negative, const RefineOptions& options,
                                     const ShuffleOptions& shuffle);

}  // namespace contrans
