#include "contrans/evaluation/report_charts.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "contrans/evaluation/headline.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

enum class Quantity { recovery, value };

constexpr std::array<std::string_view, 6> kRecoveryRoles = {role::kTransplanted,     role::kPaper,
                                                            role::kShuffledMap,      role::kShuffledLabels,
                                                            role::kRandomCovariance, role::kRandomIsotropic};
constexpr std::array<std::string_view, 11> kValueRoles = {
    role::kNone,           role::kPrompt,           role::kFewShot,        role::kProxyTuning,
    role::kNative,         role::kTransplanted,     role::kPaper,          role::kShuffledMap,
    role::kShuffledLabels, role::kRandomCovariance, role::kRandomIsotropic};

Json optional_number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// A bar and the ends of its whisker; all null where there is nothing to show.
struct Bar {
    std::optional<double> value;
    std::optional<double> low;
    std::optional<double> high;
};

Bar make_bar(const ConditionResult* result, Quantity quantity) {
    if (result == nullptr) return {};
    if (quantity == Quantity::recovery) return {result->recovery, result->recovery_low, result->recovery_high};
    return {result->value, result->low, result->high};
}

Json bar_series(const EvaluationReport& report, std::string_view role, Quantity quantity) {
    Json series = {{"role", role}, {"title", role_title(role)}};
    for (const char* key : {"values", "low", "high"}) series[key] = Json::array();
    for (const std::string& task : task_names(report)) {
        const Bar bar = make_bar(find_result(report, task, role), quantity);
        series["values"].push_back(optional_number(bar.value));
        series["low"].push_back(optional_number(bar.low));
        series["high"].push_back(optional_number(bar.high));
    }
    return series;
}

bool has_numbers(const Json& series) {
    return std::any_of(series["values"].begin(), series["values"].end(), [](const Json& v) { return !v.is_null(); });
}

Json bars(const EvaluationReport& report) {
    const bool has_recovery = std::any_of(report.results.begin(), report.results.end(), [](const ConditionResult& r) {
        return r.role == role::kTransplanted && r.recovery;
    });
    Json json = {
        {"quantity", has_recovery ? "recovery" : "value"}, {"tasks", task_names(report)}, {"series", Json::array()}};
    const std::span<const std::string_view> roles = has_recovery ? std::span<const std::string_view>(kRecoveryRoles)
                                                                 : std::span<const std::string_view>(kValueRoles);
    for (const std::string_view role : roles) {
        Json series = bar_series(report, role, has_recovery ? Quantity::recovery : Quantity::value);
        if (has_numbers(series)) json["series"].push_back(std::move(series));
    }
    return json;
}

Json dose_series(const EvaluationReport& report, const std::string& task, const DosePoint& first) {
    std::vector<DosePoint> points;
    for (const DosePoint& point : report.dose_curve) {
        if (point.task == task && point.vector == first.vector) points.push_back(point);
    }
    std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.dose < b.dose; });
    Json json = {{"vector", first.vector}, {"role", first.role}, {"points", Json::array()}};
    for (const DosePoint& point : points) {
        json["points"].push_back({{"dose", point.dose}, {"value", point.value}, {"kl", point.kl_nats}});
    }
    return json;
}

Json dose_chart(const EvaluationReport& report, const std::string& task) {
    const ConditionResult* none = find_result(report, task, role::kNone);
    Json json = {{"task", task},
                 {"metric", primary_metric(report, task)},
                 {"none", none == nullptr ? Json() : Json(none->value)},
                 {"series", Json::array()}};
    std::vector<std::string> seen;
    for (const DosePoint& point : report.dose_curve) {
        if (point.task != task || std::find(seen.begin(), seen.end(), point.vector) != seen.end()) continue;
        seen.push_back(point.vector);
        json["series"].push_back(dose_series(report, task, point));
    }
    return json;
}

Json dose_charts(const EvaluationReport& report) {
    Json charts = Json::array();
    for (const std::string& task : dose_tasks(report)) charts.push_back(dose_chart(report, task));
    return charts;
}

/// JSON inside a script element must hold no "<": neither "</script>" nor "<!--".
std::string without_markup(const std::string& json) {
    std::string safe;
    for (const char c : json) {
        if (c == '<') {
            safe += "\\u003c";
        } else {
            safe += c;
        }
    }
    return safe;
}

}  // namespace

std::vector<std::string> dose_tasks(const EvaluationReport& report) {
    std::vector<std::string> tasks;
    for (const DosePoint& point : report.dose_curve) {
        if (std::find(tasks.begin(), tasks.end(), point.task) == tasks.end()) tasks.push_back(point.task);
    }
    return tasks;
}

std::string chart_data_json(const EvaluationReport& report) {
    const Json json = {{"bars", bars(report)}, {"dose", dose_charts(report)}};
    return without_markup(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace contrans
