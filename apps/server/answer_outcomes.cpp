#include "apps/server/answer_outcomes.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "contrans/rollout/gate_reading.h"

namespace contrans::server {
namespace {

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

bool server_failed(const RequestRecord& record) {
    if (!record.end) return record.status >= 500 && record.status != 503;
    return record.end->reason == FinishReason::failed || record.end->reason == FinishReason::time_limit;
}

/// Whether the answer came to its own end, or failed.
bool tells(const RequestRecord& record) {
    if (server_failed(record)) return true;
    if (!record.end || record.end->switched_off) return false;
    return record.end->reason == FinishReason::stop || record.end->reason == FinishReason::length;
}

std::optional<double> value_of(const RolloutGate& gate, const RequestRecord& record) {
    const bool failed = server_failed(record);
    const auto when = [](bool yes) { return yes ? 1.0 : 0.0; };
    switch (gate.metric) {
        case OutcomeMetric::error:
            return when(failed);
        case OutcomeMetric::slow:
            return when(failed || seconds(record.end->total) > gate.seconds);
        case OutcomeMetric::first_token:
            return when(failed || seconds(record.end->first_token) > gate.seconds);
        case OutcomeMetric::refusal:
            return failed ? std::nullopt : std::optional(when(record.signals.refusal));
        case OutcomeMetric::repetition:
            return failed ? std::nullopt : std::optional(record.signals.repetition);
        case OutcomeMetric::thumbs_down:
        case OutcomeMetric::task_failure:
            return std::nullopt;  // come later, if at all
    }
    return std::nullopt;
}

}  // namespace

bool came_to_its_end(const RequestRecord& record) { return !server_failed(record) && tells(record); }

std::vector<ConceptProjection> projections_of(const RequestRecord& record) {
    std::vector<ConceptProjection> projections;
    if (!came_to_its_end(record)) return projections;
    for (std::size_t i = 0; i < record.end->mean_projections.size(); ++i) {
        const std::string& name = record.probed[i];
        const double mean = record.end->mean_projections[i];
        const bool steered = std::ranges::find(record.applied, name, &AppliedConcept::name) != record.applied.end();
        if (steered && std::isfinite(mean)) projections.push_back({name, mean});
    }
    return projections;
}

std::vector<RolloutOutcome> outcomes_of(const RequestRecord& record) {
    std::vector<RolloutOutcome> outcomes;
    if (!record.rollout) return outcomes;
    const RolloutChoice& choice = *record.rollout;
    const auto add = [&](const std::string& gate, double value) {
        outcomes.push_back({choice.plan->name, choice.stage, gate, choice.unit, choice.arm, value});
    };
    add(std::string(kAssigned), 0);
    if (!tells(record)) return outcomes;
    for (const RolloutGate& gate : choice.plan->gates) {
        if (!applies(gate, choice.plan->stages[choice.stage])) continue;
        if (const auto value = value_of(gate, record)) add(gate_name(gate), *value);
    }
    return outcomes;
}

}  // namespace contrans::server
