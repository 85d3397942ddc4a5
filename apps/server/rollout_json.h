#pragma once

#include <vector>

#include "apps/server/json_body.h"
#include "apps/server/rollout_choice.h"
#include "contrans/registry/rollout_store.h"

namespace contrans::server {

/// Of a request: {"name", "stage", "arm"}; stages count from 1.
[[nodiscard]] Json rollout_json(const RolloutChoice& choice);

/// Where one stands: {"name", "state", "stage", "stages", "treatment", …, "plan", "gates", "drift"}.
[[nodiscard]] Json rollout_json(const RolloutStatus& status, const std::vector<GateReading>& gates,
                                const std::vector<DriftReading>& drift = {});

/// {"concept", "state", "reference_answers", "answers", "index", "limit"}; the index is null where nothing is compared.
[[nodiscard]] Json drift_json(const DriftReading& reading);

/// Of a gate and how it came there: {"name", "state", …, "moments": [{"at", "low", "high", "difference", …}]}.
[[nodiscard]] Json gate_json(const GateReading& reading);
[[nodiscard]] Json history_json(const GateHistory& history);

}  // namespace contrans::server
