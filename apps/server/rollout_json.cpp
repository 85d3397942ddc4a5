#include "apps/server/rollout_json.h"

#include <cmath>
#include <string>

namespace contrans::server {
namespace {

Json tally_json(const Tally& tally) {
    return {{"users", tally.n}, {"mean", tally.n == 0 ? Json() : Json(tally.sum / static_cast<double>(tally.n))}};
}

Json stages_json(const RolloutPlan& plan) {
    Json list = Json::array();
    for (const RolloutStage& stage : plan.stages) list.push_back(stage_name(stage));
    return list;
}

}  // namespace

Json rollout_json(const RolloutChoice& choice) {
    return {{"name", choice.plan->name}, {"stage", choice.stage + 1}, {"arm", to_string(choice.arm)}};
}

Json gate_json(const GateReading& reading) {
    return {{"name", reading.name},
            {"state", to_string(reading.state)},
            {"treatment", tally_json(reading.tallies.treatment)},
            {"control", tally_json(reading.tallies.control)},
            {"low", reading.low},
            {"high", reading.high},
            {"limit", reading.limit},
            {"log_evidence", reading.log_evidence}};
}

Json drift_json(const DriftReading& reading) {
    const bool compared = reading.answers > 0 && reading.reference_answers > 0;
    return {{"concept", reading.concept_name},
            {"state", to_string(reading.state)},
            {"reference_answers", reading.reference_answers},
            {"answers", reading.answers},
            {"index", compared ? Json(reading.index) : Json()},
            {"limit", reading.limit}};
}

Json rollout_json(const RolloutStatus& status, const std::vector<GateReading>& gates,
                  const std::vector<DriftReading>& drift) {
    const std::size_t needed = approvals_needed(status.plan);
    Json json{{"name", status.plan.name},
              {"state", to_string(status.state)},
              {"stage", status.stage + 1},
              {"stages", stages_json(status.plan)},
              {"author", status.author},
              {"changed", time_text(status.changed)},
              {"changed_by", status.changed_by},
              {"reason", status.reason},
              {"alarm", status.alarm.empty() ? Json() : Json(status.alarm)},
              {"approvals", {{"needed", needed}, {"given", status.approved}}},
              {"alpha_of_each_test", alpha_of_each_test(status.plan)},
              {"plan", Json::parse(rollout_plan_text(status.plan))},
              {"plan_sha256", status.plan_sha256}};
    json["gates"] = Json::array();
    for (const GateReading& gate : gates) json["gates"].push_back(gate_json(gate));
    json["drift"] = Json::array();
    for (const DriftReading& reading : drift) json["drift"].push_back(drift_json(reading));
    return json;
}

Json history_json(const GateHistory& history) {
    Json json = gate_json(history.now);
    json["moments"] = Json::array();
    for (const GateHistory::Moment& moment : history.moments) {
        Json one = gate_json(moment.reading);
        one["at"] = time_text(moment.at);
        one.erase("name");
        json["moments"].push_back(std::move(one));
    }
    return json;
}

}  // namespace contrans::server
