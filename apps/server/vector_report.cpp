#include "apps/server/vector_report.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "contrans/core/error.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/transplant/candidate.h"

namespace contrans::server {
namespace {

constexpr std::uintmax_t kLargestReport = std::uintmax_t{16} << 20;

Json or_null(std::optional<double> value) { return value ? Json(*value) : Json(); }

/// A vector as its report names it.
std::string stem_of(const ServedConcept& served) { return served.file.stem().string(); }

bool is_of(const ConditionResult& result, const ServedConcept& served) {
    const auto& layers = served.vector.layers;
    const double dose = total_dose(layers);
    const bool same_layers =
        std::equal(layers.begin(), layers.end(), result.layers.begin(), result.layers.end(),
                   [](const ControlLayer& layer, std::size_t index) { return layer.layer.value == index; });
    return same_layers && result.dose && std::abs(*result.dose - dose) <= 1e-4 * std::abs(dose);
}

/// The vector itself, its references and its controls; not another treatment of the same run.
bool counts(const ConditionResult& result, const std::string& metric, const std::string& stem) {
    const bool other_vector = is_treatment(result.role) && result.vector != stem;
    return result.metric == metric && !other_vector;
}

Json result_json(const ConditionResult& result) {
    return {{"vector", result.vector},
            {"role", result.role},
            {"n", result.n},
            {"value", result.value},
            {"low", result.low},
            {"high", result.high},
            {"recovery", or_null(result.recovery)},
            {"recovery_low", or_null(result.recovery_low)},
            {"recovery_high", or_null(result.recovery_high)},
            {"kl_nats", or_null(result.kl_nats)},
            {"dose", or_null(result.dose)},
            {"draws", result.draws},
            {"percentile95", or_null(result.percentile95)}};
}

Json results_json(const EvaluationReport& report, const std::string& task, const std::string& stem) {
    Json list = Json::array();
    const std::string metric = primary_metric(report, task);
    for (const ConditionResult& result : report.results) {
        if (result.task == task && counts(result, metric, stem)) list.push_back(result_json(result));
    }
    return list;
}

Json dose_curve_json(const EvaluationReport& report, const std::string& task, const std::string& stem) {
    Json list = Json::array();
    for (const DosePoint& point : report.dose_curve) {
        if (point.task != task || point.vector != stem) continue;
        list.push_back({{"dose", point.dose}, {"value", point.value}, {"kl_nats", point.kl_nats}});
    }
    return list;
}

Json verdict_json(const EvaluationReport& report, const std::string& task, const std::string& stem) {
    for (const Verdict& verdict : report.verdicts) {
        if (verdict.task != task || verdict.vector != stem) continue;
        return {{"outcome", to_string(verdict.outcome)}, {"passed", passed(verdict.outcome)}, {"text", verdict.text}};
    }
    return {};
}

Json task_json(const EvaluationReport& report, const std::string& task, const std::string& stem) {
    const double budget = report.provenance.budget_nats;
    return {{"task", task},
            {"metric", primary_metric(report, task)},
            {"budget_nats", budget > 0 ? Json(budget) : Json()},
            {"date", report.provenance.date},
            {"verdict", verdict_json(report, task, stem)},
            {"results", results_json(report, task, stem)},
            {"dose_curve", dose_curve_json(report, task, stem)}};
}

Json tasks_json(const EvaluationReport& report, const ServedConcept& served) {
    const std::string stem = stem_of(served);
    Json list = Json::array();
    if (!served.vector.target || report.target.fingerprint != served.vector.target->fingerprint) return list;
    for (const std::string& task : task_names(report)) {
        const ConditionResult* own = find_vector(report, task, stem);
        if (own != nullptr && is_of(*own, served)) list.push_back(task_json(report, task, stem));
    }
    return list;
}

Json found(Json reports, Json problem) {
    return {{"reports", std::move(reports)}, {"report_problem", std::move(problem)}};
}

}  // namespace

Json vector_report(const ServedConcept& served) {
    std::filesystem::path file = served.file;
    file.replace_extension(".report.json");
    const std::string name = file.filename().string();
    std::error_code none;
    if (!std::filesystem::is_regular_file(file, none)) return found(Json::array(), {});
    if (std::filesystem::file_size(file, none) > kLargestReport) {
        return found(Json::array(), name + ": is too long to be a report of evaluate");
    }
    try {
        Json tasks = tasks_json(read_report(file), served);
        const bool other = tasks.empty();
        return found(std::move(tasks), other ? Json(name + ": is of another vector or model") : Json());
    } catch (const Error&) {
        return found(Json::array(), name + ": is no report of evaluate that can be read");
    }
}

}  // namespace contrans::server
