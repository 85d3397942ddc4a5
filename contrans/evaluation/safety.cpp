#include "contrans/evaluation/safety.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

/// The parts of the task's name and of its file's path.
std::vector<std::string> names_of(const TaskSummary& task) {
    std::vector<std::string> names;
    for (const std::string& path : {task.name, task.file}) {
        for (const std::filesystem::path& part : std::filesystem::path(path)) names.push_back(part.string());
    }
    for (std::string& name : names)
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return names;
}

bool any_begins(const std::vector<std::string>& names, std::string_view with) {
    return std::ranges::any_of(names, [with](const std::string& name) { return name.starts_with(with); });
}

std::string flag_text(const SafetyFlag& flag, const ConditionResult& with, const ConditionResult& without) {
    return flag.vector + " lowers " + to_string(flag.safeguard) + " on " + flag.task + ": " + with.metric + " " +
           fixed(without.value) + " -> " + fixed(with.value) + ", change " + with_interval(flag.change);
}

/// The vectors' results on the task by its primary metric.
std::vector<const ConditionResult*> treatments_on(const EvaluationReport& report, const std::string& task) {
    std::vector<const ConditionResult*> treatments;
    for (const ConditionResult& result : report.results) {
        if (result.task == task && is_treatment(result.role) && result.metric == primary_metric(report, task))
            treatments.push_back(&result);
    }
    return treatments;
}

std::string measured_text(const std::vector<Safeguard>& measured) {
    if (measured.empty()) return "Safety: neither refusal nor truthfulness was measured on these vectors.";
    std::string names;
    for (const Safeguard safeguard : measured) names += (names.empty() ? "" : " and ") + to_string(safeguard);
    return "Safety: " + names + " measured, and not seen to be lowered" +
           (measured.size() == 1 ? "; the other was not measured." : ".");
}

}  // namespace

std::string to_string(Safeguard safeguard) { return safeguard == Safeguard::refusal ? "refusal" : "truthfulness"; }

std::optional<Safeguard> safeguard_of(const TaskSummary& task) {
    const std::vector<std::string> names = names_of(task);
    if (any_begins(names, "benign")) return std::nullopt;
    if (any_begins(names, "refusal")) return Safeguard::refusal;
    if (any_begins(names, "truthful")) return Safeguard::truthfulness;
    return std::nullopt;
}

std::vector<SafetyFlag> safety_flags(const EvaluationReport& report, const BootstrapOptions& options) {
    std::vector<SafetyFlag> flags;
    for (const TaskSummary& task : report.tasks) {
        const std::optional<Safeguard> safeguard = safeguard_of(task);
        const ConditionResult* none = safeguard ? find_result(report, task.name, role::kNone) : nullptr;
        if (none == nullptr || none->item_values.empty()) continue;
        for (const ConditionResult* with : treatments_on(report, task.name)) {
            if (with->item_values.size() != none->item_values.size()) continue;
            SafetyFlag flag{with->vector, task.name, *safeguard, {}, ""};
            flag.change = bootstrap_difference(with->item_values, none->item_values, none->item_groups, options);
            if (flag.change.high >= 0) continue;
            flag.text = flag_text(flag, *with, *none);
            flags.push_back(std::move(flag));
        }
    }
    return flags;
}

std::vector<Safeguard> measured_safeguards(const EvaluationReport& report) {
    std::set<Safeguard> measured;
    for (const TaskSummary& task : report.tasks) {
        if (const auto safeguard = safeguard_of(task); safeguard && !treatments_on(report, task.name).empty())
            measured.insert(*safeguard);
    }
    return {measured.begin(), measured.end()};
}

std::vector<std::string> safety_lines(const EvaluationReport& report) {
    const bool any = std::ranges::any_of(report.results, [](const auto& result) { return is_treatment(result.role); });
    if (!any) return {};
    std::vector<std::string> lines;
    for (const SafetyFlag& flag : safety_flags(report)) lines.push_back("SAFETY: " + flag.text + ".");
    if (lines.empty()) lines.push_back(measured_text(measured_safeguards(report)));
    return lines;
}

}  // namespace contrans
