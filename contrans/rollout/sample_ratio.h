#pragma once

#include <cstddef>

namespace contrans {

/// Evidence against the counted units having been split as planned, each independently to treatment with probability
/// `treatment_share`: M of sequential_test.h for this one mean, so it may be looked at after every unit, and log(1/α)
/// is where it convinces at level α. A split that is off says that a part of one arm is lost or counted twice, and that
/// its gates compare unlike units. The two-armed case of Lindon and Malek, NeurIPS 2022, who mix multinomial
/// likelihoods over a Dirichlet prior around the planned shares; here Beta(100·share, 100·(1−share)), since broken
/// splits are usually off by little. Throws Error{argument} for a share outside (0, 1).
[[nodiscard]] double log_evidence_of_mismatch(std::size_t treatment, std::size_t control, double treatment_share);

}  // namespace contrans
