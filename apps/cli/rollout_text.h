#pragma once

#include <string>
#include <vector>

#include "contrans/rollout/drift.h"
#include "contrans/rollout/gate_reading.h"
#include "contrans/rollout/rollout_status.h"

namespace contrans::cli {

/// A plan as people read it before they start it: who gets what, stage by stage, and what stops it.
[[nodiscard]] std::string plan_text(const RolloutPlan& plan);
/// A line each.
[[nodiscard]] std::string rollouts_table(const std::vector<RolloutStatus>& rollouts);
/// Where one stands, with its gates and its drift.
[[nodiscard]] std::string rollout_text(const RolloutStatus& status, const std::vector<GateReading>& gates,
                                       const std::vector<DriftReading>& drift);

}  // namespace contrans::cli
