#pragma once

#include "contrans/rollout/tally.h"

namespace contrans {

/// log Γ(x) for x > 0, to 1e-14 of its size: Stirling's series from 10 on. (std::lgamma writes a global sign, and gates
/// are judged from several threads.)
[[nodiscard]] double log_gamma(double x);

struct BetaPrior {
    double a = 0.5;
    double b = 0.5;
};

/// log ∫ θ^S (1−θ)^(n−S) dBeta(θ; a, b) = log B(a+S, b+n−S) − log B(a, b).
[[nodiscard]] double log_mixture(const Tally& tally, const BetaPrior& prior);

/// log of the mean over nine scales μ from 0.5% to 99.5% of
/// ∫ θ^S (1−θ)^(n−S) dBeta(θ; νμ, ν(1−μ)) of one arm times the same of the other, ν = 2.5/(μ(1−μ)).
/// It spends its weight on arms whose rates are of like size (a prior spread of about a factor of two around a common
/// scale), also where rates are small; docs/decisions/sequential-tests.md has what that wins over Beta(1/2, 1/2) each.
[[nodiscard]] double log_mixture_of_like_arms(const Tally& treatment, const Tally& control);

}  // namespace contrans
