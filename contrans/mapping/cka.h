#pragma once

#include <span>

#include "contrans/linalg/matrix.h"

namespace contrans {

struct CkaOptions {
    /// standardised: every column to variance 1 first, so that massive dimensions do not rule; columns without variance
    /// count as zero. raw: centred only, and then invariant under rotations.
    enum class Columns { standardised, raw } columns = Columns::standardised;
    /// debiased: U-statistics in numerator and norms, zero in expectation for independent states whatever n and d; may
    /// fall a little below 0; needs 4 rows. plain: the biased figure, near 1/√((1 + n/d_x)(1 + n/d_y)) for independent
    /// isotropic states.
    enum class Estimator { debiased, plain } estimator = Estimator::debiased;
};

/// Linear centred kernel alignment ⟨K, L⟩ / (‖K‖·‖L‖), K = X·Xᵀ and L = Y·Yᵀ of centred states, of all pairs of layers
/// [n_sources, n_targets]. Row i of every X [n, d_x] and Y [n, d_y] belongs to the same text. (Kornblith et al. 2019,
/// §3; debiased after Song et al. 2012, HSIC₁.) f32 products, f64 sums; error about 1e-5. Each layer's [n, n] kernel is
/// made once, or for many rows [d_x, d_y] products instead, whichever is cheaper. Throws Error{argument} when row
/// numbers differ or are below 2 (debiased: 4), Error{numeric} when a state is not finite. A layer whose rows are all
/// alike has CKA 0 with every other.
[[nodiscard]] MatrixF64 linear_cka(std::span<const MatrixView> sources, std::span<const MatrixView> targets,
                                   const CkaOptions& options = {});

}  // namespace contrans
