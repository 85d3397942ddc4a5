#include "contrans/rollout/rollout_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "contrans/core/shortest_number.h"

namespace contrans {
namespace {

constexpr std::array<std::pair<OutcomeMetric, std::string_view>, 7> kMetrics{{
    {OutcomeMetric::error, "error"},
    {OutcomeMetric::slow, "slow"},
    {OutcomeMetric::first_token, "first_token"},
    {OutcomeMetric::refusal, "refusal"},
    {OutcomeMetric::repetition, "repetition"},
    {OutcomeMetric::thumbs_down, "thumbs_down"},
    {OutcomeMetric::task_failure, "task_failure"},
}};

/// Beginnings of the names of concepts that keep a model safe.
constexpr std::array<std::string_view, 4> kGuards = {"refusal", "truthful", "fair", "safe"};

bool guards(const PlannedConcept& planned) {
    return std::ranges::any_of(kGuards, [&](std::string_view begin) { return planned.name.starts_with(begin); });
}

}  // namespace

std::string_view to_string(OutcomeMetric metric) {
    return std::ranges::find(kMetrics, metric, &std::pair<OutcomeMetric, std::string_view>::first)->second;
}

std::optional<OutcomeMetric> outcome_metric(std::string_view word) {
    const auto found = std::ranges::find(kMetrics, word, &std::pair<OutcomeMetric, std::string_view>::second);
    return found == kMetrics.end() ? std::nullopt : std::optional(found->first);
}

std::string gate_name(const RolloutGate& gate) {
    std::string name(to_string(gate.metric));
    if (gate.seconds > 0) name += " > " + shortest_number(gate.seconds) + " s";
    return gate.most ? name + ", at most " + shortest_number(*gate.most) : name;
}

std::string stage_name(const RolloutStage& stage) {
    if (stage.pilot.empty()) return shortest_number(100 * stage.share) + " %";
    std::string name = "pilot of ";
    for (const std::string& key : stage.pilot) name += (&key == &stage.pilot.front() ? "" : ", ") + key;
    return name;
}

std::size_t approvals_needed(const RolloutPlan& plan) {
    const bool guarded = std::ranges::any_of(plan.treatment, guards) || std::ranges::any_of(plan.control, guards);
    return std::max(plan.approvals, std::size_t{guarded ? 1U : 0U});
}

bool applies(const RolloutGate& gate, const RolloutStage& stage) { return gate.most.has_value() || stage.splits(); }

double alpha_of_each_test(const RolloutPlan& plan) {
    std::size_t tests = 0;
    for (const RolloutStage& stage : plan.stages) {
        if (stage.splits()) ++tests;
        tests += static_cast<std::size_t>(
            std::ranges::count_if(plan.gates, [&](const RolloutGate& gate) { return applies(gate, stage); }));
    }
    return plan.alpha / static_cast<double>(std::max<std::size_t>(tests, 1));
}

bool overlap(const RolloutPlan& a, const RolloutPlan& b) {
    if (a.keys.empty() || b.keys.empty()) return true;
    return std::ranges::find_first_of(a.keys, b.keys) != a.keys.end();
}

}  // namespace contrans
