#pragma once

#include "contrans/rollout/tally.h"

namespace contrans {

// Tests that may be looked at after every outcome, and stopped at any look. For outcomes X_i in [0, 1] with
// E[X_i | past] = m, and S = ΣX_i of n,
//     M_n(m) = ∫ θ^S (1−θ)^(n−S) dW(θ) / (m^S (1−m)^(n−S))
// is a nonnegative supermartingale from 1: x ↦ (θ/m)^x ((1−θ)/(1−m))^(1−x) is convex, so it lies under its chord, whose
// mean at m is θ + (1−θ) = 1. Hence P(M_n(m) ≥ 1/α at any n) ≤ α (Ville 1939). The same holds of two arms together,
// with W over (θ_T, θ_C), in whatever order their outcomes come. Under a hypothesis of many means the smallest M over
// them is no larger than that of the true ones: evidence is the logarithm of this infimum, and log(1/α) is where it
// convinces at level α. W is Beta(1/2, 1/2) for one arm and log_mixture_of_like_arms (beta_mixture.h) for two. Sources:
// Robbins, Ann. Math. Stat. 41, 1970 (mixtures over likelihood ratios); Howard, Ramdas, McAuliffe and Sekhon, Ann.
// Stat. 49, 2021 (confidence sequences from mixtures of beta and binomial for bounded outcomes); Turner, Ly and
// Grünwald, J. Stat. Plan. Inference 230, 2024, and Turner and Grünwald, arXiv:2203.09785 (E-variables of two samples,
// and confidence sequences for their difference). Here the arms' likelihoods are mixed jointly and the null is
// maximised over, a simpler and weaker construction than their blocks; docs/decisions/sequential-tests.md says why.
// Assumed: each arm's mean is constant as long as its tally lasts, and an outcome does not depend on the ones before (a
// user is counted once).

/// Evidence against mean = `mean`. Throws Error{argument} for a mean outside [0, 1].
[[nodiscard]] double log_evidence_at(const Tally& tally, double mean);

/// Evidence against mean ≤ `most`: infinite for a sum that this bound forbids (most = 0 and sum > 0).
/// Throws Error{argument} for a bound outside [0, 1].
[[nodiscard]] double log_evidence_above(const Tally& tally, double most);

/// Evidence against mean_T − mean_C ≤ `margin`. It reaches log(1/α) where difference_interval(…, α).low passes the
/// margin. Throws Error{argument} for a margin outside (−1, 1).
[[nodiscard]] double log_evidence_of_excess(const Tally& treatment, const Tally& control, double margin);

struct MeanInterval {
    double low = 0;
    double high = 1;
};

/// The means that log_evidence_at leaves standing at level α: covers the mean at every look together with probability
/// 1 − α at least. Throws Error{argument} for an α outside (0, 1).
[[nodiscard]] MeanInterval mean_interval(const Tally& tally, double alpha);

struct DifferenceInterval {
    double low = -1;
    double high = 1;
};

/// The same for mean_T − mean_C.
[[nodiscard]] DifferenceInterval difference_interval(const Tally& treatment, const Tally& control, double alpha);

}  // namespace contrans
