#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/results.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// Directions of one kind of drawn control: draws[d] holds one direction per layer of the treatment.
struct DrawnDirections {
    std::string role;  ///< evaluation/results.h's name of the control
    std::vector<std::vector<std::vector<float>>> draws;
};

/// Random directions at the treatment's layers. @param spreads one per layer of the treatment, in its order.
[[nodiscard]] DrawnDirections draw_random_covariance(std::span<const LayerSpread> spreads, std::size_t draws,
                                                     std::uint64_t seed);
[[nodiscard]] DrawnDirections draw_random_isotropic(std::span<const LayerSpread> spreads, std::size_t draws,
                                                    std::uint64_t seed);

/// A dose per layer of the treatment, and why it is what it is.
struct ControlDose {
    double scale = 1;  ///< share of the treatment's dose
    Damage damage;     ///< there, on neutral development texts, mean over a few draws
    std::string note;  ///< "at the treatment's dose 0.41 …" with the damage there and at the dose taken
};

struct DrawnControlOptions {
    std::size_t items = 12;  ///< items a draw is scored on; 0: all
    double budget_nats = 0.5;
    std::uint64_t seed = 1;
};

/// A drawn control scored on the test items: every draw on a stratified share of them, every item by several draws.
struct ScoredControl {
    std::vector<ConditionResult> results;  ///< one a metric, without intervals
};

/// Scores one drawn control at the treatment's dose, or below it where that dose passes the damage budget (DESIGN §5:
/// at the dose of the treatment and inside the same budget, both said in the note).
/// @param search_damage neutral development texts
[[nodiscard]] ScoredControl score_drawn_control(const DrawnDirections& directions, const ControlVector& treatment,
                                                TaskScorer& scorer, DamageMeter& search_damage,
                                                const DrawnControlOptions& options, const RunContext& context);

}  // namespace contrans
