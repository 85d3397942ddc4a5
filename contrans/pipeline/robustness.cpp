#include "contrans/pipeline/robustness.h"

#include <map>
#include <numeric>

#include "contrans/core/error.h"
#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

/// Unsteered and steered values of a task's items.
struct Values {
    std::vector<double> unsteered;
    std::vector<double> steered;
    [[nodiscard]] double gain(std::size_t item) const { return steered[item] - unsteered[item]; }
};

Values values_on(const std::shared_ptr<const Model>& target, const ControlVector& vector, const Task& task,
                 std::size_t threads, const RunContext& context) {
    std::vector<std::size_t> all(task.items.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const std::vector<ScoringJob> jobs = {{nullptr, all}, {combined_plan({&vector, 1}), all}};
    TaskScorer scorer(target, task, threads);
    context.begin(vector.name + " on " + task.name, "texts", 2 * task.items.size());
    const auto scores = scorer.score(jobs, context);
    context.end();
    const Metric metric = reported_metrics(task.kind).front();
    return {item_values(metric, task, scores[0]), item_values(metric, task, scores[1])};
}

using ItemOfLine = std::map<std::size_t, std::size_t>;

/// For each item of a variant the test item that it is a variant of; empty where they are of none.
std::vector<std::size_t> originals_of(const Task& variant, const ItemOfLine& lines) {
    std::vector<std::size_t> originals;
    for (const TaskItem& item : variant.items) {
        const std::string place = variant.file.string() + ":" + std::to_string(item.line) + ": \"of\" ";
        if ((item.of != 0) != (variant.items.front().of != 0))
            throw Error(ErrorKind::format, place + "must stand on every line of a file or on none");
        if (item.of == 0) continue;
        const auto found = lines.find(item.of);
        if (found == lines.end()) {
            throw Error(ErrorKind::format, place + "must be the line of a test item, got " + std::to_string(item.of));
        }
        originals.push_back(found->second);
    }
    return originals;
}

}  // namespace

std::vector<VariantValues> measure_robustness(const std::shared_ptr<const Model>& target, const ControlVector& vector,
                                              const Task& test, std::span<const Task> variants,
                                              const RobustnessOptions& options, const RunContext& context) {
    if (variants.empty()) throw Error(ErrorKind::argument, "robustness: need a variant of the test items");
    require_fits(vector, vector.name, target->identity(), options.identity);
    ItemOfLine lines;
    for (std::size_t i = 0; i < test.items.size(); ++i) lines[test.items[i].line] = i;
    std::vector<std::vector<std::size_t>> originals;
    for (const Task& variant : variants) originals.push_back(originals_of(variant, lines));

    const Values before = values_on(target, vector, test, options.threads, context);
    std::vector<VariantValues> rows;
    for (std::size_t v = 0; v < variants.size(); ++v) {
        Values now = values_on(target, vector, variants[v], options.threads, context);
        VariantValues row{.vector = vector.name,
                          .variant = variants[v].name,
                          .metric = to_string(reported_metrics(variants[v].kind).front()),
                          .unsteered = std::move(now.unsteered),
                          .steered = std::move(now.steered),
                          .groups = item_groups(variants[v]),
                          .steered_before = {},
                          .gain_before = {},
                          .test_steered = mean_of(before.steered),
                          .test_gain = mean_of(before.steered) - mean_of(before.unsteered)};
        for (const std::size_t original : originals[v]) {
            row.steered_before.push_back(before.steered[original]);
            row.gain_before.push_back(before.gain(original));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace contrans
