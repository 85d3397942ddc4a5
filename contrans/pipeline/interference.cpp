#include "contrans/pipeline/interference.h"

#include <numeric>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

// As evaluate reports it: the next token after the middle of this many texts.
constexpr std::size_t kReportTexts = 64;

using Plan = std::shared_ptr<const SteeringPlan>;

/// Each vector's plan, and last that of all at once.
std::vector<Plan> plans_of(std::span<const TaskedVector> vectors) {
    std::vector<ControlVector> all;
    std::vector<Plan> plans;
    for (const TaskedVector& each : vectors) {
        all.push_back(each.vector);
        plans.push_back(combined_plan({&each.vector, 1}));
    }
    plans.push_back(combined_plan(all));
    return plans;
}

void check(const Model& target, std::span<const TaskedVector> vectors, IdentityMismatch policy) {
    if (vectors.size() < 2) {
        throw Error(ErrorKind::argument,
                    "interference: needs at least two vectors, got " + std::to_string(vectors.size()));
    }
    for (const TaskedVector& each : vectors) require_fits(each.vector, each.vector.name, target.identity(), policy);
}

/// The items' values unsteered, alone and together.
GainTriple score(const std::shared_ptr<const Model>& target, const Task& task, const Plan& alone, const Plan& together,
                 std::size_t threads, const RunContext& context) {
    TaskScorer scorer(target, task, threads);
    std::vector<std::size_t> items(task.items.size());
    std::iota(items.begin(), items.end(), std::size_t{0});
    const std::vector<ScoringJob> jobs = {{nullptr, items}, {alone, items}, {together, items}};
    context.begin("score " + task.name, "texts", jobs.size() * items.size());
    const std::vector<std::vector<ItemScores>> scores = scorer.score(jobs, context);
    context.end();
    const Metric metric = reported_metrics(task.kind).front();
    const auto values = [&](std::size_t job) { return item_values(metric, task, scores[job]); };
    return {task.name, values(0), values(1), values(2), item_groups(task)};
}

Interference summarise(std::size_t vector, const Task& task, const GainTriple& values, std::uint64_t seed) {
    const BootstrapOptions bootstrap{.seed = seed};
    return {.vector = vector,
            .task = task.name,
            .metric = to_string(reported_metrics(task.kind).front()),
            .n = task.items.size(),
            .none = bootstrap_mean(values.none, values.groups, bootstrap),
            .alone = bootstrap_mean(values.native, values.groups, bootstrap),
            .together = bootstrap_mean(values.treated, values.groups, bootstrap),
            .gain_ratio = estimate_recovery(values, bootstrap)};
}

}  // namespace

InterferenceReport measure_interference(const std::shared_ptr<const Model>& target,
                                        std::span<const TaskedVector> vectors, const InterferenceRequest& request,
                                        const RunContext& context) {
    check(*target, vectors, request.identity);
    const std::vector<Plan> plans = plans_of(vectors);
    InterferenceReport report;
    for (std::size_t v = 0; v < vectors.size(); ++v) {
        const std::optional<Task>& task = vectors[v].task;
        if (!task) continue;
        report.tasks.push_back(
            summarise(v, *task, score(target, *task, plans[v], plans.back(), request.threads, context), request.seed));
    }
    const std::span<const std::string> neutral =
        request.neutral.empty() ? neutral_test_texts() : std::span<const std::string>(request.neutral);
    DamageMeter meter(target, neutral, {.texts = kReportTexts, .positions = 1, .threads = request.threads}, context);
    context.begin("damage of " + std::to_string(plans.size()) + " steerings", "texts", plans.size() * meter.n());
    report.alone = meter.measure(plans, context);
    context.end();
    report.together = report.alone.back();
    report.alone.pop_back();
    return report;
}

}  // namespace contrans
