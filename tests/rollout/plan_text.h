#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "contrans/rollout/rollout_plan.h"

namespace contrans::testing {

/// A plan that holds: a pilot, 25 % and everybody; two gates against the control and one against a number.
inline nlohmann::ordered_json plan_json(const std::string& name = "polite-support") {
    return nlohmann::ordered_json::parse(R"({
        "rollout": 1,
        "treatment": [{"concept": "happy", "dose": 0.5}],
        "stages": [{"pilot": ["anna"]}, {"percent": 25}, {"percent": 100}],
        "gates": [{"metric": "error", "most": 0.2},
                  {"metric": "refusal", "margin": 0.02},
                  {"metric": "thumbs_down", "margin": 0}],
        "least_users": 3})")
        .patch(nlohmann::ordered_json::array({{{"op", "add"}, {"path", "/name"}, {"value", name}}}));
}

inline RolloutPlan plan_of(const nlohmann::ordered_json& json) { return parse_rollout_plan(json.dump(), "plan.json"); }

}  // namespace contrans::testing
