#include "contrans/evaluation/results.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/recovery.h"

namespace contrans {
namespace {

constexpr std::array<std::string_view, 4> kControls = {role::kShuffledMap, role::kShuffledLabels,
                                                       role::kRandomCovariance, role::kRandomIsotropic};

constexpr std::array<std::pair<Outcome, const char*>, 7> kOutcomes = {
    {{Outcome::works, "works"},
     {Outcome::native_is_better, "native-is-better"},
     {Outcome::untested, "untested"},
     {Outcome::no_better_than_controls, "no-better-than-controls"},
     {Outcome::no_effect, "no-effect"},
     {Outcome::damages, "damages"},
     {Outcome::cannot_tell, "cannot-tell"}}};

template <class Match>
const ConditionResult* find_primary(const EvaluationReport& report, std::string_view task, Match match) {
    const std::string metric = primary_metric(report, task);
    const auto found = std::find_if(report.results.begin(), report.results.end(), [&](const ConditionResult& result) {
        return result.task == task && result.metric == metric && match(result);
    });
    return found == report.results.end() ? nullptr : &*found;
}

const ConditionResult* find_same(const EvaluationReport& report, const ConditionResult& like, std::string_view role) {
    for (const ConditionResult& result : report.results) {
        if (result.role == role && result.task == like.task && result.metric == like.metric) return &result;
    }
    return nullptr;
}

std::string place_of(const ConditionResult& result) {
    return "'" + result.vector + "' on task '" + result.task + "' by " + result.metric;
}

void summarise_value(ConditionResult& result, const BootstrapOptions& options) {
    const Interval interval = bootstrap_mean(result.item_values, result.item_groups, options);
    result.n = result.item_values.size();
    result.value = interval.value;
    result.low = interval.low;
    result.high = interval.high;
}

void summarise_recovery(ConditionResult& result, const EvaluationReport& report, const BootstrapOptions& options) {
    const ConditionResult* none = find_same(report, result, role::kNone);
    const ConditionResult* native = find_same(report, result, role::kNative);
    if (none == nullptr || native == nullptr || result.role == role::kNone) return;
    const RecoveryEstimate estimate = estimate_recovery(
        GainTriple{result.task, none->item_values, native->item_values, result.item_values, none->item_groups},
        options);
    result.recovery = estimate.value;
    result.recovery_low = estimate.low;
    result.recovery_high = estimate.high;
}

void require_same(const std::string& what, const ModelIdentity& first, const ModelIdentity& other) {
    if (first == other) return;
    throw Error(ErrorKind::argument, "merge_reports: all reports must have one " + what + ", not " + describe(first) +
                                         " and " + describe(other));
}

void merge_result(const ConditionResult& result, EvaluationReport& merged) {
    for (const ConditionResult& known : merged.results) {
        if (known.vector != result.vector || known.task != result.task || known.metric != result.metric) continue;
        if (known.item_values == result.item_values && known.value == result.value) return;
        throw Error(ErrorKind::argument, "merge_reports: two reports disagree about " + place_of(result) + ": " +
                                             std::to_string(known.value) + " and " + std::to_string(result.value));
    }
    merged.results.push_back(result);
}

template <class T, class Same>
void append_new(const std::vector<T>& from, std::vector<T>& to, Same same) {
    for (const T& value : from) {
        if (std::none_of(to.begin(), to.end(), [&](const T& known) { return same(known, value); })) to.push_back(value);
    }
}

void merge_similarity(const std::vector<LayerSimilarity>& from, std::vector<LayerSimilarity>& to) {
    for (const LayerSimilarity& cell : from) {
        const auto known = std::find_if(to.begin(), to.end(), [&](const LayerSimilarity& other) {
            return other.source == cell.source && other.target == cell.target;
        });
        if (known == to.end()) {
            to.push_back(cell);
        } else if (!cell.used_by.empty() && known->used_by.find(cell.used_by) == std::string::npos) {
            known->used_by += (known->used_by.empty() ? "" : ", ") + cell.used_by;
        }
    }
}

void merge_into(const EvaluationReport& report, EvaluationReport& merged) {
    require_same("target", merged.target, report.target);
    if (merged.source && report.source) require_same("source", *merged.source, *report.source);
    if (!merged.source) merged.source = report.source;
    for (const ConditionResult& result : report.results) merge_result(result, merged);
    append_new(report.tasks, merged.tasks, [](const auto& a, const auto& b) { return a.name == b.name; });
    append_new(report.verdicts, merged.verdicts,
               [](const auto& a, const auto& b) { return a.vector == b.vector && a.task == b.task; });
    append_new(report.dose_curve, merged.dose_curve, [](const auto& a, const auto& b) {
        return a.vector == b.vector && a.task == b.task && a.dose == b.dose;
    });
    append_new(report.judges, merged.judges,
               [](const auto& a, const auto& b) { return a.judge == b.judge && a.n == b.n; });
    merge_similarity(report.similarity, merged.similarity);
    merged.provenance.seconds += report.provenance.seconds;
}

}  // namespace

std::span<const std::string_view> control_roles() { return kControls; }

bool is_control(std::string_view role) {
    return std::find(kControls.begin(), kControls.end(), role) != kControls.end();
}

bool is_treatment(std::string_view role) { return role == role::kTransplanted || role == role::kPaper; }

bool passed(Outcome outcome) {
    return outcome == Outcome::works || outcome == Outcome::native_is_better || outcome == Outcome::untested;
}

std::string to_string(Outcome outcome) {
    for (const auto& [value, name] : kOutcomes) {
        if (value == outcome) return name;
    }
    throw Error(ErrorKind::argument, "to_string: unknown outcome");
}

Outcome parse_outcome(const std::string& name) {
    for (const auto& [value, known] : kOutcomes) {
        if (name == known) return value;
    }
    throw Error(ErrorKind::argument, "unknown outcome '" + name + "'");
}

std::string primary_metric(const EvaluationReport& report, std::string_view task) {
    for (const ConditionResult& result : report.results) {
        if (result.task == task) return result.metric;
    }
    return "";
}

const ConditionResult* find_result(const EvaluationReport& report, std::string_view task, std::string_view role) {
    return find_primary(report, task, [&](const ConditionResult& result) { return result.role == role; });
}

const ConditionResult* find_vector(const EvaluationReport& report, std::string_view task, std::string_view vector) {
    return find_primary(report, task, [&](const ConditionResult& result) { return result.vector == vector; });
}

const ConditionResult* find_by_metric(const EvaluationReport& report, const ConditionResult& result,
                                      std::string_view metric) {
    const auto found = std::ranges::find_if(report.results, [&](const ConditionResult& other) {
        return other.task == result.task && other.vector == result.vector && other.metric == metric;
    });
    return found == report.results.end() ? nullptr : &*found;
}

std::vector<std::string> task_names(const EvaluationReport& report) {
    std::vector<std::string> names;
    for (const ConditionResult& result : report.results) {
        if (std::find(names.begin(), names.end(), result.task) == names.end()) names.push_back(result.task);
    }
    return names;
}

DrawnControl summarise_draws(std::span<const std::vector<double>> draws) {
    if (draws.empty() || draws[0].empty()) {
        throw Error(ErrorKind::argument, "summarise_draws: needs at least one draw of one item, not 0");
    }
    DrawnControl control{std::vector<double>(draws[0].size()), 0, 0};
    std::vector<double> means;
    for (const std::vector<double>& draw : draws) {
        if (draw.size() != draws[0].size()) {
            throw Error(ErrorKind::argument, "summarise_draws: draws must have the same items, not " +
                                                 std::to_string(draws[0].size()) + " and " +
                                                 std::to_string(draw.size()));
        }
        for (std::size_t i = 0; i < draw.size(); ++i) {
            control.item_values[i] += draw[i] / static_cast<double>(draws.size());
        }
        means.push_back(mean_of(draw));
    }
    std::sort(means.begin(), means.end());
    const auto rank = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(means.size())));
    control.percentile95 = means[rank - 1];
    control.value = mean_of(means);
    return control;
}

void summarise_results(EvaluationReport& report, const BootstrapOptions& options) {
    for (ConditionResult& result : report.results) {
        try {
            summarise_value(result, options);
            summarise_recovery(result, report, options);
        } catch (const Error& error) {
            throw Error(error.kind(), place_of(result) + ": " + error.what());
        }
    }
}

EvaluationReport merge_reports(std::span<const EvaluationReport> reports) {
    if (reports.empty()) throw Error(ErrorKind::argument, "merge_reports: needs at least one report, not 0");
    EvaluationReport merged;
    merged.target = reports[0].target;
    merged.source = reports[0].source;
    merged.provenance = reports[0].provenance;
    merged.provenance.seconds = 0;
    for (const EvaluationReport& report : reports) merge_into(report, merged);
    return merged;
}

}  // namespace contrans
