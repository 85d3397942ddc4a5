#include "contrans/evaluation/headline.h"

#include <algorithm>
#include <array>

#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

constexpr std::array<std::string_view, 9> kRows = {
    role::kTransplanted, role::kPaper,          role::kPrompt,           role::kFewShot,        role::kProxyTuning,
    role::kShuffledMap,  role::kShuffledLabels, role::kRandomCovariance, role::kRandomIsotropic};

void require_paired(const ConditionResult& a, const ConditionResult& b) {
    if (a.item_values.size() == b.item_values.size() && !a.item_values.empty()) return;
    throw Error(ErrorKind::argument, "headline: '" + a.vector + "' and '" + b.vector + "' on task '" + a.task +
                                         "' must have the same items, not " + std::to_string(a.item_values.size()) +
                                         " and " + std::to_string(b.item_values.size()));
}

/// The tasks that vectors were made for: those with a verdict, where there are verdicts. Others show side effects.
std::vector<std::string> own_tasks(const EvaluationReport& report) {
    std::vector<std::string> tasks = task_names(report);
    if (report.verdicts.empty()) return tasks;
    std::erase_if(tasks, [&](const std::string& task) {
        return std::ranges::find(report.verdicts, task, &Verdict::task) == report.verdicts.end();
    });
    return tasks;
}

std::vector<GainTriple> gains(const EvaluationReport& report, std::string_view role) {
    std::vector<GainTriple> concepts;
    for (const std::string& task : own_tasks(report)) {
        const ConditionResult* none = find_result(report, task, role::kNone);
        const ConditionResult* native = find_result(report, task, role::kNative);
        const ConditionResult* treated = find_result(report, task, role);
        if (none == nullptr || native == nullptr || treated == nullptr) continue;
        require_paired(*none, *native);
        require_paired(*none, *treated);
        concepts.push_back({task, none->item_values, native->item_values, treated->item_values, none->item_groups});
    }
    return concepts;
}

/// With `native` one above `none` on every item each task's denominator is 1, and the ratio of summed gains is the mean
/// over tasks of transplanted − other.
std::vector<GainTriple> advantages(const EvaluationReport& report, std::string_view role) {
    std::vector<GainTriple> tasks;
    for (const std::string& task : own_tasks(report)) {
        const ConditionResult* treated = find_result(report, task, role::kTransplanted);
        const ConditionResult* other = find_result(report, task, role);
        if (treated == nullptr || other == nullptr) continue;
        require_paired(*treated, *other);
        GainTriple triple{task, other->item_values, other->item_values, treated->item_values, treated->item_groups};
        for (double& value : triple.native) value += 1;
        tasks.push_back(std::move(triple));
    }
    return tasks;
}

bool has_role(const EvaluationReport& report, std::string_view role) {
    return std::any_of(report.results.begin(), report.results.end(),
                       [&](const ConditionResult& result) { return result.role == role; });
}

HeadlineRow headline_row(const EvaluationReport& report, std::string_view role, const BootstrapOptions& options) {
    HeadlineRow row;
    row.role = role;
    const std::vector<GainTriple> concepts = gains(report, role);
    row.n_concepts = concepts.size();
    if (!concepts.empty()) row.recovery = estimate_recovery(concepts, options);
    const std::vector<GainTriple> pairs = advantages(report, role);
    if (role != role::kTransplanted && !pairs.empty()) row.advantage = bootstrap_gain_ratio(pairs, options);
    return row;
}

std::string over_concepts(std::size_t n) { return std::to_string(n) + (n == 1 ? " concept" : " concepts"); }

std::string recovery_sentence(const HeadlineRow& row) {
    const RecoveryEstimate& r = row.recovery;
    const std::string what = row.role == role::kTransplanted ? "Carried vectors" : "The paper's method";
    const std::string verb = row.role == role::kTransplanted ? " recover " : " recovers ";
    return what + verb + with_interval(r.value, r.low, r.high) + " of what native vectors achieve, over " +
           over_concepts(row.n_concepts) + ".";
}

/// Mean of the role's values over tasks, for reports without a native vector.
std::string values_sentence(const EvaluationReport& report) {
    double none = 0;
    double treated = 0;
    double n = 0;
    for (const std::string& task : own_tasks(report)) {
        const ConditionResult* unsteered = find_result(report, task, role::kNone);
        const ConditionResult* carried = find_result(report, task, role::kTransplanted);
        if (unsteered == nullptr || carried == nullptr) continue;
        none += unsteered->value;
        treated += carried->value;
        n += 1;
    }
    if (n == 0) return "There is no transplanted vector beside an unsteered run to compare.";
    return "Carried vectors move the behaviour from " + fixed(none / n) + " to " + fixed(treated / n) +
           "; recovery is not defined: no native vector was evaluated, or none gains " + fixed(kSmallestNativeGain, 1) +
           ".";
}

std::string controls_sentence(const Headline& headline) {
    std::string text;
    for (const HeadlineRow& row : headline.rows) {
        if (!is_control(row.role) || !row.recovery.value) continue;
        text += (text.empty() ? "Controls: " : ", ") + role_title(row.role) + " " +
                with_interval(row.recovery.value, row.recovery.low, row.recovery.high);
    }
    return text.empty() ? "" : text + ".";
}

std::string advantage_sentence(const HeadlineRow& row) {
    const Interval& gap = *row.advantage;
    const std::string than = row.role == role::kPaper     ? "the paper's method"
                             : row.role == role::kPrompt  ? "prompting alone"
                             : row.role == role::kFewShot ? "examples alone"
                                                          : "proxy-tuning";
    const std::string numbers = with_interval(gap) + " on average over tasks.";
    if (gap.low > 0) return "Carried vectors do better than " + than + " by " + numbers;
    if (gap.high < 0) return "Carried vectors do worse than " + than + ": " + numbers;
    return "Carried vectors and " + than + " cannot be told apart: " + numbers;
}

}  // namespace

Headline headline(const EvaluationReport& report, const BootstrapOptions& options) {
    Headline result;
    result.n_concepts = own_tasks(report).size();
    for (const std::string_view role : kRows) {
        if (has_role(report, role)) result.rows.push_back(headline_row(report, role, options));
    }
    return result;
}

std::vector<std::string> headline_lines(const EvaluationReport& report, const Headline& headline) {
    std::vector<std::string> lines;
    bool has_recovery = false;
    for (const HeadlineRow& row : headline.rows) {
        if (!is_treatment(row.role) || !row.recovery.value) continue;
        has_recovery = has_recovery || row.role == role::kTransplanted;
        lines.push_back(recovery_sentence(row));
    }
    if (!has_recovery) lines.insert(lines.begin(), values_sentence(report));
    for (const HeadlineRow& row : headline.rows) {
        const bool compared = row.role != role::kTransplanted && !is_control(row.role);
        if (compared && row.advantage) lines.push_back(advantage_sentence(row));
    }
    const std::string controls = controls_sentence(headline);
    if (!controls.empty()) lines.push_back(controls);
    return lines;
}

std::string role_title(std::string_view role) {
    static constexpr std::array<std::pair<std::string_view, const char*>, 7> kTitles = {
        {{role::kPaper, "paper's method"},
         {role::kPrompt, "prompt only"},
         {role::kFewShot, "examples only"},
         {role::kShuffledMap, "shuffled map"},
         {role::kShuffledLabels, "shuffled labels"},
         {role::kRandomCovariance, "covariance random"},
         {role::kRandomIsotropic, "isotropic random"}}};
    for (const auto& [name, title] : kTitles) {
        if (name == role) return title;
    }
    return std::string(role);
}

}  // namespace contrans
