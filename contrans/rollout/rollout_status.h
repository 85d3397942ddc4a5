#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/rollout/rollout_plan.h"

namespace contrans {

enum class RolloutState {
    planned,      ///< kept, and not in effect
    running,      ///< its stage says who gets the treatment
    rolled_back,  ///< nobody does; for ever
};
[[nodiscard]] std::string_view to_string(RolloutState state);

/// Where a rollout stands.
struct RolloutStatus {
    RolloutPlan plan;
    std::string plan_sha256;  ///< of rollout_plan_text()
    RolloutState state = RolloutState::planned;
    std::size_t stage = 0;     ///< of plan.stages; of one that is planned: where it will begin
    std::string author;        ///< who planned it
    std::int64_t changed = 0;  ///< microseconds since 1970, UTC
    std::string changed_by;
    std::string reason;                 ///< of the last change; empty: none was given
    std::string alarm;                  ///< the gate that failed in this stage; empty: none
    std::vector<std::string> approved;  ///< who approved the next step: the start or the next stage
};

}  // namespace contrans
