#include "apps/server/rollout_metrics.h"

#include <algorithm>
#include <string>

#include "contrans/rollout/gate_reading.h"

namespace contrans::server {
namespace {

template <class Builder>
auto& family(Builder builder, const char* name, const char* help, prometheus::Registry& registry) {
    return builder.Name(name).Help(help).Register(registry);
}

/// Every alarm that a rollout can raise: one that was not is a 0, so that its first is a rise.
std::vector<std::string> gates_of(const RolloutPlan& plan) {
    std::vector<std::string> gates{std::string(kSampleRatio)};
    for (const RolloutGate& gate : plan.gates) gates.push_back(gate_name(gate));
    for (const PlannedConcept& each : plan.treatment) {
        gates.push_back(gate_of({plan.name, each.name, false, RolloutAlarm::What::drift}));
    }
    return gates;
}

}  // namespace

RolloutMetrics::RolloutMetrics(prometheus::Registry& registry)
    : requests_(family(prometheus::BuildCounter(), "contrans_rollout_requests_total",
                       "Requests that a rollout took, by stage (from 1) and arm", registry)),
      stage_(family(prometheus::BuildGauge(), "contrans_rollout_stage", "The stage that a rollout is in, from 1",
                    registry)),
      state_(family(prometheus::BuildGauge(), "contrans_rollout_state", "1 for the state that a rollout is in, else 0",
                    registry)),
      served_(family(prometheus::BuildGauge(), "contrans_rollout_served",
                     "1 where this server gives the rollout's treatment, else 0", registry)),
      alarms_(family(prometheus::BuildCounter(), "contrans_rollout_alarms_total",
                     "Alarms that this server raised, by gate", registry)),
      drift_(family(prometheus::BuildGauge(), "contrans_rollout_drift",
                    "Population stability index of the treatment's projections against the first stage's", registry)),
      drift_limit_(family(prometheus::BuildGauge(), "contrans_rollout_drift_limit",
                          "What the index must exceed to be drift", registry)) {}

void RolloutMetrics::count(const RequestRecord& record) {
    if (!record.rollout) return;
    requests_
        .Add({{"rollout", record.rollout->plan->name},
              {"stage", std::to_string(record.rollout->stage + 1)},
              {"arm", std::string(to_string(record.rollout->arm))}})
        .Increment();
}

void RolloutMetrics::show(const std::vector<RolloutSight>& sights) {
    for (const RolloutSight& sight : sights) show(sight);
}

void RolloutMetrics::show(const RolloutSight& sight) {
    const prometheus::Labels labels{{"rollout", sight.plan.name}};
    stage_.Add(labels).Set(static_cast<double>(sight.stage + 1));
    for (const RolloutState state : {RolloutState::running, RolloutState::rolled_back}) {
        state_.Add({{"rollout", sight.plan.name}, {"state", std::string(to_string(state))}})
            .Set(sight.state == state ? 1 : 0);
    }
    served_.Add(labels).Set(sight.state == RolloutState::running && sight.trouble.empty() ? 1 : 0);
    show_alarms(sight);
    show_drift(sight);
}

void RolloutMetrics::show_alarms(const RolloutSight& sight) {
    for (const std::string& gate : gates_of(sight.plan)) {
        const auto raised = sight.alarms.find(gate);
        prometheus::Counter& counter = alarms_.Add({{"rollout", sight.plan.name}, {"gate", gate}});
        if (raised != sight.alarms.end()) {
            counter.Increment(static_cast<double>(raised->second) - counter.Value());
        }
    }
}

/// Without answers to compare there is no index: none of an earlier stage stays.
void RolloutMetrics::show_drift(const RolloutSight& sight) {
    for (const PlannedConcept& each : sight.plan.treatment) {
        const prometheus::Labels labels{{"rollout", sight.plan.name}, {"concept", each.name}};
        prometheus::Gauge& index = drift_.Add(labels);
        prometheus::Gauge& limit = drift_limit_.Add(labels);
        const auto reading = std::ranges::find(sight.drift, each.name, &DriftReading::concept_name);
        const bool known = reading != sight.drift.end() && reading->answers > 0 && reading->reference_answers > 0;
        if (known) {
            index.Set(reading->index);
            limit.Set(reading->limit);
        } else {
            drift_.Remove(&index);
            drift_limit_.Remove(&limit);
        }
    }
}

}  // namespace contrans::server
