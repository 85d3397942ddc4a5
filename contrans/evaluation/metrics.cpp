#include "contrans/evaluation/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/constraint.h"
#include "contrans/evaluation/text_measures.h"

namespace contrans {
namespace {

constexpr std::array<std::pair<Metric, const char*>, 12> kNames = {{{Metric::choice, "choice"},
                                                                    {Metric::top1, "top1"},
                                                                    {Metric::margin, "margin"},
                                                                    {Metric::mc1, "mc1"},
                                                                    {Metric::mc2, "mc2"},
                                                                    {Metric::strict, "strict"},
                                                                    {Metric::loose, "loose"},
                                                                    {Metric::judged, "judged"},
                                                                    {Metric::yes, "yes"},
                                                                    {Metric::neither, "neither"},
                                                                    {Metric::overconfidence, "overconfidence"},
                                                                    {Metric::distinct2, "distinct2"}}};

bool measures(Metric metric, TaskKind kind) {
    switch (metric) {
        case Metric::mc1:
        case Metric::mc2:
            return kind == TaskKind::truthful;
        case Metric::strict:
        case Metric::loose:
            return kind == TaskKind::constrained;
        case Metric::judged:
        case Metric::yes:
        case Metric::neither:
            return kind == TaskKind::judged;
        case Metric::distinct2:
            return is_written(kind);
        case Metric::overconfidence:
            return !is_written(kind);
        default:
            return kind == TaskKind::choice;
    }
}

bool obeys_all(const TaskItem& item, const std::string& answer) {
    return std::ranges::all_of(item.constraints, [&](const Constraint& one) { return obeys(one, answer); });
}

bool obeys_all_loosely(const TaskItem& item, const std::string& answer) {
    return std::ranges::all_of(item.constraints, [&](const Constraint& one) { return obeys_loosely(one, answer); });
}

double margin(const TaskItem& item, std::span<const double> likelihood) {
    double other = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < likelihood.size(); ++i) {
        if (i != item.answer) other = std::max(other, likelihood[i]);
    }
    return likelihood[item.answer] - other;
}

double mc1(const TaskItem& item, std::span<const double> likelihood) {
    for (std::size_t i = 0; i < likelihood.size(); ++i) {
        if (item.labels[i] == 0 && likelihood[i] >= likelihood[item.best]) return 0;
    }
    return 1;
}

double mc2(const TaskItem& item, std::span<const double> likelihood) {
    const double largest = *std::max_element(likelihood.begin(), likelihood.end());
    double all = 0;
    double truth = 0;
    for (std::size_t i = 0; i < likelihood.size(); ++i) {
        const double mass = std::exp(likelihood[i] - largest);
        all += mass;
        if (item.labels[i] == 1) truth += mass;
    }
    return truth / all;
}

double overconfidence(const TaskItem& item, std::span<const double> likelihood) {
    const auto first = std::max_element(likelihood.begin(), likelihood.end());
    double all = 0;
    for (const double each : likelihood) all += std::exp(each - *first);
    const auto chosen = static_cast<std::size_t>(first - likelihood.begin());
    const bool right = item.labels.empty() ? chosen == item.answer : item.labels[chosen] == 1;
    return 1 / all - (right ? 1 : 0);
}

double item_value(Metric metric, const TaskItem& item, const ItemScores& scores) {
    switch (metric) {
        case Metric::choice:
            return margin(item, scores.choice_log_likelihood) > 0 ? 1 : 0;
        case Metric::top1:
            return scores.top1 ? 1 : 0;
        case Metric::margin:
            return margin(item, scores.choice_log_likelihood);
        case Metric::mc1:
            return mc1(item, scores.choice_log_likelihood);
        case Metric::mc2:
            return mc2(item, scores.choice_log_likelihood);
        case Metric::strict:
            return obeys_all(item, scores.answer) ? 1 : 0;
        case Metric::loose:
            return obeys_all_loosely(item, scores.answer) ? 1 : 0;
        case Metric::judged:
            return says_yes(scores.judged) ? 1 : 0;
        case Metric::yes:
            return scores.judged.yes;
        case Metric::neither:
            return scores.judged.neither ? 1 : 0;
        case Metric::overconfidence:
            return overconfidence(item, scores.choice_log_likelihood);
        case Metric::distinct2:
            return distinct(scores.answer, 2);
    }
    throw Error(ErrorKind::argument, "item_values: unknown metric");
}

void require_scores(const Task& task, std::size_t index, const ItemScores& scores) {
    const std::string place = "item_values: item " + std::to_string(index) + " of task '" + task.name + "'";
    const std::size_t expected = task.items[index].choices.size();
    if (scores.choice_log_likelihood.size() != expected) {
        throw Error(ErrorKind::argument, place + " has " + std::to_string(expected) + " choices, not " +
                                             std::to_string(scores.choice_log_likelihood.size()) + " log-likelihoods");
    }
    for (const double value : scores.choice_log_likelihood) {
        if (!std::isfinite(value)) {
            throw Error(ErrorKind::numeric, place + ": a log-likelihood must be finite, not " + std::to_string(value));
        }
    }
}

}  // namespace

std::string to_string(Metric metric) {
    for (const auto& [value, name] : kNames) {
        if (value == metric) return name;
    }
    throw Error(ErrorKind::argument, "to_string: unknown metric");
}

Metric parse_metric(const std::string& name) {
    for (const auto& [value, known] : kNames) {
        if (name == known) return value;
    }
    throw Error(ErrorKind::argument,
                "metric must be choice, top1, margin, mc1, mc2, strict, loose, judged, yes, neither, overconfidence or "
                "distinct2, not '" +
                    name + "'");
}

bool is_graded(Metric metric) {
    switch (metric) {
        case Metric::margin:
        case Metric::mc2:
        case Metric::yes:
        case Metric::overconfidence:
        case Metric::distinct2:
            return true;
        default:
            return false;
    }
}

std::vector<Metric> reported_metrics(TaskKind kind) {
    if (kind == TaskKind::truthful) return {Metric::mc1, Metric::mc2};
    if (kind == TaskKind::constrained) return {Metric::strict, Metric::loose, Metric::distinct2};
    if (kind == TaskKind::judged) return {Metric::judged, Metric::yes, Metric::neither, Metric::distinct2};
    return {Metric::choice, Metric::top1, Metric::margin};
}

std::vector<double> item_values(Metric metric, const Task& task, std::span<const ItemScores> scores) {
    if (!measures(metric, task.kind)) {
        throw Error(ErrorKind::argument,
                    "item_values: task '" + task.name + "' is of another kind than metric " + to_string(metric));
    }
    if (scores.size() != task.items.size()) {
        throw Error(ErrorKind::argument, "item_values: task '" + task.name + "' has " +
                                             std::to_string(task.items.size()) + " items, not " +
                                             std::to_string(scores.size()) + " scores");
    }
    std::vector<double> values(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        require_scores(task, i, scores[i]);
        values[i] = item_value(metric, task.items[i], scores[i]);
    }
    return values;
}

Parity parity_of(const Task& task, std::span<const ItemScores> scores) {
    if (!has_paired_versions(task))
        throw Error(ErrorKind::argument, "parity_of: task '" + task.name + "' has no paired versions");
    const std::vector<double> margins = item_values(Metric::margin, task, scores);
    std::map<std::size_t, std::array<std::size_t, 2>> pairs;  // the items of both versions
    for (std::size_t i = 0; i < task.items.size(); ++i)
        pairs[task.items[i].version->pair][task.items[i].version->number] = i;
    Parity parity;
    for (const auto& [_, items] : pairs) {
        parity.values.push_back(margins[items[1]] - margins[items[0]]);
        parity.groups.push_back(task.items[items[0]].group);
    }
    return parity;
}

}  // namespace contrans
