#include "contrans/rollout/gate_reading.h"

#include <algorithm>
#include <cmath>

#include "contrans/rollout/sample_ratio.h"

namespace contrans {
namespace {

GateState state_of(const GateReading& reading, std::size_t fewest, std::size_t least, double alpha) {
    if (reading.log_evidence >= std::log(1 / alpha)) return GateState::failed;
    if (fewest == 0) return GateState::no_data;
    return fewest < least ? GateState::waiting : GateState::passed;
}

GateReading read_gate(const RolloutGate& gate, const ArmTallies& tallies, std::size_t least, double alpha) {
    const auto& [treatment, control] = tallies;
    GateReading reading;
    reading.name = gate_name(gate);
    reading.tallies = tallies;
    reading.limit = gate.margin.value_or(gate.most.value_or(0));
    std::size_t fewest = treatment.n;
    if (gate.most) {
        const MeanInterval interval = mean_interval(treatment, alpha);
        reading.low = interval.low;
        reading.high = interval.high;
        reading.log_evidence = log_evidence_above(treatment, *gate.most);
    } else {
        const DifferenceInterval interval = difference_interval(treatment, control, alpha);
        reading.low = interval.low;
        reading.high = interval.high;
        reading.log_evidence = log_evidence_of_excess(treatment, control, *gate.margin);
        fewest = std::min(fewest, control.n);
    }
    reading.state = state_of(reading, fewest, least, alpha);
    return reading;
}

GateReading read_split(const ArmTallies& assigned, double share, double alpha) {
    const std::size_t users = assigned.treatment.n + assigned.control.n;
    const MeanInterval interval = mean_interval({users, static_cast<double>(assigned.treatment.n)}, alpha);
    GateReading reading;
    reading.name = kSampleRatio;
    reading.tallies = assigned;
    reading.low = interval.low;
    reading.high = interval.high;
    reading.limit = share;
    reading.log_evidence = log_evidence_of_mismatch(assigned.treatment.n, assigned.control.n, share);
    reading.state = state_of(reading, users, 1, alpha);
    return reading;
}

}  // namespace

std::string_view to_string(GateState state) {
    switch (state) {
        case GateState::no_data:
            return "no_data";
        case GateState::waiting:
            return "waiting";
        case GateState::passed:
            return "passed";
        case GateState::failed:
            return "failed";
    }
    return "";
}

std::vector<GateReading> read_gates(const RolloutPlan& plan, std::size_t stage, const TalliesOf& tallies) {
    const RolloutStage& current = plan.stages.at(stage);
    const double alpha = alpha_of_each_test(plan);
    std::vector<GateReading> readings;
    if (current.splits()) {
        readings.push_back(read_split(tallies(std::string(kAssigned)), current.share, alpha));
    }
    for (const RolloutGate& gate : plan.gates) {
        if (!applies(gate, current)) continue;
        readings.push_back(read_gate(gate, tallies(gate_name(gate)), plan.least_users, alpha));
    }
    return readings;
}

std::string first_failed(const std::vector<GateReading>& readings) {
    const auto found = std::ranges::find(readings, GateState::failed, &GateReading::state);
    return found == readings.end() ? "" : found->name;
}

std::string first_not_passed(const std::vector<GateReading>& readings) {
    const auto waits = [](const GateReading& reading) { return reading.state != GateState::passed; };
    const auto found = std::ranges::find_if(readings, waits);
    return found == readings.end() ? "" : found->name + " (" + std::string(to_string(found->state)) + ")";
}

}  // namespace contrans
