#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "contrans/rollout/arm_assignment.h"
#include "contrans/rollout/rollout_plan.h"
#include "contrans/serve/request_steering.h"
#include "contrans/serve/steering_switch.h"

namespace contrans::server {

/// What a rollout decided for a request that chose nothing itself.
struct RolloutChoice {
    std::shared_ptr<const RolloutPlan> plan;
    std::size_t stage = 0;
    Arm arm = Arm::control;
    std::string unit;  ///< digest of the user, or of the pilot's key
    RequestSteering steering;
    /// Thrown when the rollout is rolled back, so that answers being written stop being steered.
    std::shared_ptr<const SteeringSwitch> steering_switch;
};

}  // namespace contrans::server
