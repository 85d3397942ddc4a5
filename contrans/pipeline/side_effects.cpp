#include "contrans/pipeline/side_effects.h"

#include <numeric>

#include "contrans/core/error.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

/// Unsteered first, then by every vector.
std::vector<ScoringJob> jobs_for(std::span<const ControlVector> vectors, std::size_t items) {
    std::vector<std::size_t> all(items);
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::vector<ScoringJob> jobs = {{nullptr, all}};
    for (const ControlVector& vector : vectors) jobs.push_back({combined_plan({&vector, 1}), all});
    return jobs;
}

/// What the task asks for, by how far, and whether the model knows how sure to be.
std::vector<Metric> side_effect_metrics(TaskKind kind) {
    std::vector<Metric> metrics = {reported_metrics(kind).front()};
    if (kind == TaskKind::choice) metrics.push_back(Metric::margin);
    if (!is_written(kind)) metrics.push_back(Metric::overconfidence);
    return metrics;
}

void add_task(const std::shared_ptr<const Model>& target, std::span<const ControlVector> vectors, const Task& task,
              std::size_t threads, const RunContext& context, std::vector<SideEffectValues>& cells) {
    TaskScorer scorer(target, task, threads);
    const std::vector<ScoringJob> jobs = jobs_for(vectors, task.items.size());
    context.begin("side effects on " + task.name, "texts", jobs.size() * task.items.size());
    const std::vector<std::vector<ItemScores>> scores = scorer.score(jobs, context);
    context.end();
    for (const Metric metric : side_effect_metrics(task.kind)) {
        for (std::size_t v = 0; v < vectors.size(); ++v) {
            cells.push_back({vectors[v].name, task.name, to_string(metric), item_values(metric, task, scores[0]),
                             item_values(metric, task, scores[v + 1]), item_groups(task)});
        }
    }
    if (!has_paired_versions(task)) return;
    const Parity unsteered = parity_of(task, scores[0]);
    for (std::size_t v = 0; v < vectors.size(); ++v) {
        cells.push_back({vectors[v].name, task.name, kParity, unsteered.values, parity_of(task, scores[v + 1]).values,
                         unsteered.groups});
    }
}

}  // namespace

std::vector<SideEffect> measure_side_effects(const std::shared_ptr<const Model>& target,
                                             std::span<const ControlVector> vectors, std::span<const Task> tasks,
                                             const SideEffectOptions& options, const RunContext& context) {
    if (vectors.empty() || tasks.empty()) {
        throw Error(ErrorKind::argument, "side effects: need a vector and a task, got " +
                                             std::to_string(vectors.size()) + " and " + std::to_string(tasks.size()));
    }
    for (const ControlVector& vector : vectors) require_fits(vector, vector.name, target->identity(), options.identity);
    std::vector<SideEffectValues> cells;
    for (const Task& task : tasks) add_task(target, vectors, task, options.threads, context, cells);
    return summarise_side_effects(cells, {.seed = options.seed});
}

}  // namespace contrans
