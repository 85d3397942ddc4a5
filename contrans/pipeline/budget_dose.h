#pragma once

#include <memory>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/damage.h"
#include "contrans/transplant/candidate.h"

namespace contrans {

/// The dose of each candidate that costs the budget by the meter's texts (doses_at_budget, transplant/search.h):
/// measured once a set of layers.
[[nodiscard]] std::vector<double> budget_doses(std::span<const SearchCandidate> candidates, DamageMeter& damage,
                                               double budget_nats, const RunContext& context);

}  // namespace contrans
