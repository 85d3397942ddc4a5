#pragma once

#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// Weights [d], in raw units, of a logistic regression that tells positives [n_positive, d] from negatives
/// [n_negative, d]: minimises Σ log(1 + exp(−t·f)) + penalty/2·‖w‖² over standardised features by Newton's method, with
/// fewer texts than features in the span of the texts. Features without variance get weight 0. Checks nothing.
/// Throws Error{numeric} when it does not converge.
[[nodiscard]] std::vector<double> probe_axis(MatrixView positive, MatrixView negative, double penalty);

}  // namespace contrans
