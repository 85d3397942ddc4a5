#pragma once

#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/damage.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/search.h"

namespace contrans {

/// KL of each trial by the meter's texts, in nats. @param label  what it is done for, before "damage of … trials"; may
/// be empty
[[nodiscard]] std::vector<double> damage_of_trials(std::span<const SearchCandidate> candidates,
                                                   std::span<const Trial> trials, DamageMeter& damage,
                                                   const std::string& label, const RunContext& context);

[[nodiscard]] std::vector<Contender> contenders_of(std::span<const SearchCandidate> candidates);

/// The dose of each candidate that costs the budget by the meter's texts (doses_at_budget, transplant/search.h).
[[nodiscard]] std::vector<double> budget_doses(std::span<const SearchCandidate> candidates, DamageMeter& damage,
                                               double budget_nats, const RunContext& context);

}  // namespace contrans
