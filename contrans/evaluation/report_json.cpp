#include "contrans/evaluation/report_json.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/json_reader.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/headline.h"
#include "contrans/evaluation/safety.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

Json optional_number(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

double finite(double value, const char* key, const std::string& of) {
    if (std::isfinite(value)) return value;
    throw Error(ErrorKind::numeric, "report_to_json: " + std::string(key) + " of '" + of + "' must be finite, not " +
                                        std::to_string(value));
}

Json to_json(const ConditionResult& result) {
    for (const double value : result.item_values) (void)finite(value, "item_values", result.vector);
    return {{"vector", result.vector},
            {"task", result.task},
            {"metric", result.metric},
            {"n", result.n},
            {"value", finite(result.value, "value", result.vector)},
            {"low", finite(result.low, "low", result.vector)},
            {"high", finite(result.high, "high", result.vector)},
            {"recovery", optional_number(result.recovery)},
            {"recovery_low", optional_number(result.recovery_low)},
            {"recovery_high", optional_number(result.recovery_high)},
            {"kl_nats", optional_number(result.kl_nats)},
            {"perplexity_ratio", optional_number(result.perplexity_ratio)},
            {"role", result.role},
            {"dose", optional_number(result.dose)},
            {"layers", result.layers},
            {"draws", result.draws},
            {"percentile95", optional_number(result.percentile95)},
            {"note", result.note},
            {"item_values", result.item_values},
            {"item_groups", result.item_groups}};
}

Json to_json(const Verdict& verdict) {
    return {{"vector", verdict.vector},
            {"role", verdict.role},
            {"task", verdict.task},
            {"outcome", to_string(verdict.outcome)},
            {"passed", passed(verdict.outcome)},
            {"text", verdict.text}};
}

Json to_json(const DosePoint& point) {
    return {{"vector", point.vector},
            {"role", point.role},
            {"task", point.task},
            {"dose", finite(point.dose, "dose", point.vector)},
            {"value", finite(point.value, "value", point.vector)},
            {"kl_nats", finite(point.kl_nats, "kl_nats", point.vector)}};
}

Json to_json(const LayerSimilarity& cell) {
    return {{"source_layer", cell.source.value},
            {"target_layer", cell.target.value},
            {"cka", finite(cell.cka, "cka", "similarity")},
            {"used_by", cell.used_by}};
}

Json to_json(const JudgeCalibration& judge) {
    return {{"judge", judge.judge},
            {"n", judge.n},
            {"accuracy", finite(judge.accuracy, "accuracy", judge.judge)},
            {"kappa", finite(judge.kappa, "kappa", judge.judge)},
            {"neither", judge.neither}};
}

Json to_json(const TaskSummary& task) {
    return {{"name", task.name},
            {"file", task.file},
            {"kind", task.kind},
            {"n_items", task.n_items},
            {"n_groups", task.n_groups}};
}

Json to_json(const ReportProvenance& provenance) {
    return {{"tool_version", provenance.tool_version},
            {"command", provenance.command},
            {"machine", provenance.machine},
            {"date", provenance.date},
            {"seed", provenance.seed},
            {"seconds", finite(provenance.seconds, "seconds", "provenance")},
            {"budget_nats", finite(provenance.budget_nats, "budget_nats", "provenance")}};
}

Json to_json(const Headline& headline) {
    Json rows = Json::array();
    for (const HeadlineRow& row : headline.rows) {
        Json json = {{"role", row.role},
                     {"n_concepts", row.n_concepts},
                     {"recovery", optional_number(row.recovery.value)},
                     {"recovery_low", optional_number(row.recovery.low)},
                     {"recovery_high", optional_number(row.recovery.high)}};
        if (row.advantage) {
            json["transplanted_minus_this"] = {
                {"value", row.advantage->value}, {"low", row.advantage->low}, {"high", row.advantage->high}};
        }
        rows.push_back(std::move(json));
    }
    return {{"n_concepts", headline.n_concepts}, {"rows", std::move(rows)}};
}

template <class T>
Json list_to_json(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(to_json(value));
    return list;
}

Json verdict_texts(const std::vector<Verdict>& verdicts) {
    Json texts = Json::object();
    for (const Verdict& verdict : verdicts) {
        const std::string before = texts.contains(verdict.vector) ? texts[verdict.vector].get<std::string>() + " " : "";
        texts[verdict.vector] = before + verdict.text;
    }
    return texts;
}

using Reader = JsonReader;

void require_items(const Reader& json, const ConditionResult& result) {
    if (!result.item_values.empty() && result.item_values.size() != result.n) {
        json.fail("item_values", "must have n = " + std::to_string(result.n) + " values, not " +
                                     std::to_string(result.item_values.size()));
    }
    if (!result.item_groups.empty() && result.item_groups.size() != result.item_values.size()) {
        json.fail("item_groups", "must have one a value, not " + std::to_string(result.item_groups.size()));
    }
}

ConditionResult read_result(const Reader& json) {
    ConditionResult result;
    result.vector = json.get<std::string>("vector");
    result.role = json.get<std::string>("role");
    result.task = json.get<std::string>("task");
    result.metric = json.get<std::string>("metric");
    result.n = json.get<std::size_t>("n");
    result.value = json.get<double>("value");
    result.low = json.get<double>("low");
    result.high = json.get<double>("high");
    result.recovery = json.number("recovery");
    result.recovery_low = json.number("recovery_low");
    result.recovery_high = json.number("recovery_high");
    result.kl_nats = json.number("kl_nats");
    result.perplexity_ratio = json.number("perplexity_ratio");
    result.dose = json.number("dose");
    result.layers = json.get_or<std::vector<std::size_t>>("layers", {});
    result.draws = json.get_or<std::size_t>("draws", 0);
    result.percentile95 = json.number("percentile95");
    result.note = json.get_or<std::string>("note", "");
    result.item_values = json.get_or<std::vector<double>>("item_values", {});
    result.item_groups = json.get_or<std::vector<std::string>>("item_groups", {});
    require_items(json, result);
    return result;
}

Verdict read_verdict(const Reader& json) {
    Verdict verdict;
    verdict.vector = json.get<std::string>("vector");
    verdict.role = json.get<std::string>("role");
    verdict.task = json.get<std::string>("task");
    try {
        verdict.outcome = parse_outcome(json.get<std::string>("outcome"));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::argument) throw;
        json.fail("outcome", std::string("must be a known outcome: ") + error.what());
    }
    verdict.text = json.get<std::string>("text");
    return verdict;
}

DosePoint read_dose_point(const Reader& json) {
    return {json.get<std::string>("vector"), json.get<std::string>("role"), json.get<std::string>("task"),
            json.get<double>("dose"),        json.get<double>("value"),     json.get<double>("kl_nats")};
}

LayerSimilarity read_similarity(const Reader& json) {
    return {LayerIndex{json.get<std::size_t>("source_layer")}, LayerIndex{json.get<std::size_t>("target_layer")},
            json.get<double>("cka"), json.get_or<std::string>("used_by", "")};
}

TaskSummary read_task_summary(const Reader& json) {
    return {json.get<std::string>("name"), json.get<std::string>("file"), json.get<std::string>("kind"),
            json.get<std::size_t>("n_items"), json.get<std::size_t>("n_groups")};
}

JudgeCalibration read_calibration(const Reader& json) {
    return {json.get<std::string>("judge"), json.get<std::size_t>("n"), json.get<std::size_t>("neither"),
            json.get<double>("accuracy"), json.get<double>("kappa")};
}

ReportProvenance read_provenance(const Reader& json) {
    ReportProvenance provenance;
    provenance.tool_version = json.get<std::string>("tool_version");
    provenance.command = json.get_or<std::string>("command", "");
    provenance.machine = json.get_or<std::string>("machine", "");
    provenance.date = json.get_or<std::string>("date", "");
    provenance.seed = json.get<std::uint64_t>("seed");
    provenance.seconds = json.get_or<double>("seconds", 0);
    provenance.budget_nats = json.get_or<double>("budget_nats", 0);
    return provenance;
}

}  // namespace

std::string report_to_json(const EvaluationReport& report) {
    Json json;
    json["results"] = list_to_json(report.results);
    json["verdict"] = verdict_texts(report.verdicts);
    json["verdicts"] = list_to_json(report.verdicts);
    json["headline"] = to_json(headline(report));
    json["safety"] = Json::parse(safety_to_json(report));
    json["target"] = identity_to_json(report.target);
    json["source"] = report.source ? identity_to_json(*report.source) : Json(nullptr);
    json["judges"] = list_to_json(report.judges);
    json["tasks"] = list_to_json(report.tasks);
    json["dose_curve"] = list_to_json(report.dose_curve);
    json["similarity"] = list_to_json(report.similarity);
    json["provenance"] = to_json(report.provenance);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

EvaluationReport report_from_json(std::string_view text, const std::string& origin) {
    const Json parsed = parse_json(text, origin, "a JSON report");
    const Reader json(parsed, origin);
    EvaluationReport report;
    report.results = json.list<ConditionResult>("results", read_result);
    report.verdicts = json.list<Verdict>("verdicts", read_verdict);
    report.target = identity_from_json(json.object("target"));
    if (json.has("source")) report.source = identity_from_json(json.object("source"));
    report.tasks = json.list<TaskSummary>("tasks", read_task_summary);
    report.dose_curve = json.list<DosePoint>("dose_curve", read_dose_point);
    report.similarity = json.list<LayerSimilarity>("similarity", read_similarity);
    report.provenance = read_provenance(json.object("provenance"));
    if (json.has("judges")) report.judges = json.list<JudgeCalibration>("judges", read_calibration);
    return report;
}

EvaluationReport read_report(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream) throw Error(ErrorKind::io, "read_report: cannot read " + file.string());
    return report_from_json(text, file.string());
}

void write_report(const EvaluationReport& report, const std::filesystem::path& file) {
    write_text_file(file, report_to_json(report));
}

}  // namespace contrans
