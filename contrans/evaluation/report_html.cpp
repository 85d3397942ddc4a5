#include "contrans/evaluation/report_html.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "contrans/evaluation/headline.h"
#include "contrans/evaluation/heat_map.h"
#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/report_charts.h"
#include "contrans/evaluation/safety.h"

namespace contrans::embedded {
std::string_view chart_js();
std::string_view report_css();
std::string_view report_js();
}  // namespace contrans::embedded

namespace contrans {
namespace {

using Row = std::vector<HtmlCell>;

HtmlCell text_cell(const std::string& text) { return {text, HtmlCell::Kind::text, ""}; }
HtmlCell number_cell(const std::string& text, const std::string& note = "") {
    return {text, HtmlCell::Kind::number, note};
}
HtmlCell heading_cell(const std::string& text) { return {text, HtmlCell::Kind::row_heading, ""}; }

std::string bracket(std::optional<double> low, std::optional<double> high) {
    return low && high ? "[" + fixed(low) + ", " + fixed(high) + "]" : "";
}

std::string model_name(const ModelIdentity& model) { return model.name.empty() ? model.architecture : model.name; }

std::string section(const char* id, const char* title, const std::string& body) {
    if (body.empty()) return "";
    return std::string("<section aria-labelledby=\"") + id + "\"><h2 id=\"" + id + "\">" + title + "</h2>\n" + body +
           "</section>\n";
}

std::string title_text(const EvaluationReport& report) {
    const std::string target = model_name(report.target);
    return report.source ? "From " + model_name(*report.source) + " into " + target : "Concepts in " + target;
}

std::string pass_text(const EvaluationReport& report) {
    const auto is_carried = [](const Verdict& verdict) { return verdict.role == role::kTransplanted; };
    const auto carried = std::count_if(report.verdicts.begin(), report.verdicts.end(), is_carried);
    const auto good = std::count_if(report.verdicts.begin(), report.verdicts.end(), [&](const Verdict& verdict) {
        return is_carried(verdict) && passed(verdict.outcome);
    });
    if (carried == 0) return "";
    return std::to_string(good) + " of " + std::to_string(carried) + " carried " +
           (carried == 1 ? "vector passes" : "vectors pass");
}

std::string headline_section(const EvaluationReport& report, const Headline& summary) {
    const std::vector<std::string> lines = headline_lines(report, summary);
    std::string html = "<header><p class=\"eyebrow\">Concept transplantation</p><h1>" +
                       escape_html(title_text(report)) + "</h1>\n<div class=\"headline\"><p class=\"lead\">" +
                       escape_html(lines.front()) + "</p>\n";
    const std::string pass = pass_text(report);
    for (std::size_t i = 1; i < lines.size(); ++i) html += "<p>" + escape_html(lines[i]) + "</p>\n";
    if (!pass.empty()) html += "<p><strong>" + pass + ".</strong></p>\n";
    return html + "</div></header>\n";
}

std::string bars_section(const EvaluationReport& report) {
    if (report.results.empty()) return "";
    return section(
        "effect", "Effect by concept",
        "<figure><div class=\"chart\" id=\"bars-box\"><canvas id=\"bars\" role=\"img\" aria-label=\"Bar chart "
        "of every concept's result by method and control; the table below has the "
        "numbers\"></canvas></div>\n<figcaption id=\"bars-caption\">Recovery is the share of the native "
        "vector's effect: (value &minus; none) / (native &minus; none). Whiskers are 95% intervals over "
        "templates and items. A concept without bars has no native effect to recover.</figcaption></figure>\n");
}

HtmlCell value_cell(const EvaluationReport& report, const std::string& task, std::string_view role) {
    const ConditionResult* result = find_result(report, task, role);
    if (result == nullptr) return number_cell("-");
    return number_cell(fixed(result->value), bracket(result->low, result->high));
}

HtmlCell recovery_cell(const EvaluationReport& report, const std::string& task, std::string_view role) {
    const ConditionResult* result = find_result(report, task, role);
    if (result == nullptr || !result->recovery) return number_cell("-");
    return number_cell(fixed(result->recovery), bracket(result->recovery_low, result->recovery_high));
}

std::vector<std::string_view> present_roles(const EvaluationReport& report) {
    static constexpr std::array<std::string_view, 11> kOrder = {
        role::kNone,           role::kPrompt,           role::kFewShot,        role::kProxyTuning,
        role::kNative,         role::kTransplanted,     role::kPaper,          role::kShuffledMap,
        role::kShuffledLabels, role::kRandomCovariance, role::kRandomIsotropic};
    std::vector<std::string_view> roles;
    for (const std::string_view role : kOrder) {
        if (std::any_of(report.results.begin(), report.results.end(), [&](const auto& r) { return r.role == role; })) {
            roles.push_back(role);
        }
    }
    return roles;
}

std::string concepts_section(const EvaluationReport& report) {
    const std::vector<std::string_view> roles = present_roles(report);
    std::vector<std::string> head = {"concept", "n"};
    for (const std::string_view role : roles) {
        head.push_back(role_title(role));
        if (role == role::kTransplanted) head.emplace_back("recovery");
    }
    std::vector<Row> rows;
    for (const std::string& task : task_names(report)) {
        const ConditionResult* none = find_result(report, task, role::kNone);
        Row row = {heading_cell(task), number_cell(none == nullptr ? "-" : std::to_string(none->n))};
        for (const std::string_view role : roles) {
            row.push_back(value_cell(report, task, role));
            if (role == role::kTransplanted) row.push_back(recovery_cell(report, task, role));
        }
        rows.push_back(std::move(row));
    }
    if (rows.empty()) return "";
    return section("concepts", "Every concept, every condition",
                   html_table("Primary metric with 95% interval", head, rows));
}

std::string verdict_item(const Verdict& verdict) {
    const bool good = passed(verdict.outcome);
    return std::string("<li class=\"") + (good ? "pass" : "fail") + "\"><span class=\"badge\">" +
           (good ? "&#10003; passed" : "&#10007; failed") + "</span><div><strong>" + escape_html(verdict.vector) +
           "</strong> <span class=\"muted\">on " + escape_html(verdict.task) + "</span><p>" +
           escape_html(verdict.text) + "</p></div></li>\n";
}

std::string verdicts_section(const EvaluationReport& report) {
    std::string items;
    for (const Verdict& verdict : report.verdicts) items += verdict_item(verdict);
    return section("verdicts", "Verdicts", items.empty() ? "" : "<ul class=\"verdicts\">\n" + items + "</ul>\n");
}

std::string safety_section(const EvaluationReport& report) { return section("safety", "Safety", safety_html(report)); }

std::string layers_text(const std::vector<std::size_t>& layers) {
    std::string text;
    for (const std::size_t layer : layers) text += (text.empty() ? "" : ", ") + std::to_string(layer);
    return text.empty() ? "-" : text;
}

std::string budget_text(const EvaluationReport& report) {
    if (!(report.provenance.budget_nats > 0)) return "";
    return " The budget of the searches was " + fixed(report.provenance.budget_nats) + " nat.";
}

std::string damage_section(const EvaluationReport& report) {
    std::vector<Row> rows;
    for (const ConditionResult& result : report.results) {
        const bool is_shown = is_treatment(result.role) || result.role == role::kNative;
        if (!is_shown || result.metric != primary_metric(report, result.task)) continue;
        rows.push_back({heading_cell(result.vector), text_cell(result.task), number_cell(layers_text(result.layers)),
                        number_cell(fixed(result.dose)), number_cell(fixed(result.kl_nats)),
                        number_cell(fixed(result.perplexity_ratio))});
    }
    if (rows.empty()) return "";
    const std::vector<std::string> head = {"vector", "concept", "layers", "dose", "KL, nat", "perplexity ratio"};
    return section("damage", "Strength and damage",
                   "<p>Dose is in units of the layer's spread &sigma;. Damage is what steering does to neutral texts: "
                   "KL divergence of the next token in nats, and perplexity as a multiple of the unsteered one." +
                       budget_text(report) + " The controls' are with all results below.</p>\n" +
                       html_table("Dose and damage of carried and native vectors", head, rows));
}

std::string dose_section(const EvaluationReport& report) {
    std::string figures;
    std::size_t i = 0;
    for (const std::string& task : dose_tasks(report)) {
        const std::string id = std::to_string(i++);
        figures += "<figure><figcaption>" + escape_html(task) +
                   "</figcaption><div class=\"chart small\"><canvas id=\"dose-" + id +
                   "\" role=\"img\" aria-label=\"Value and KL against dose for " + escape_html(task) +
                   "\"></canvas></div></figure>\n";
    }
    if (figures.empty()) return "";
    std::vector<Row> rows;
    for (const DosePoint& point : report.dose_curve) {
        rows.push_back({heading_cell(point.vector), text_cell(point.task), number_cell(fixed(point.dose)),
                        number_cell(fixed(point.value)), number_cell(fixed(point.kl_nats))});
    }
    const std::vector<std::string> head = {"vector", "concept", "dose", "value", "KL, nat"};
    return section("dose", "Dose curves",
                   "<p>On development items. Solid: the metric. Dashed: damage, on the right-hand axis.</p>\n<div "
                   "class=\"grid\">\n" +
                       figures + "</div>\n<details><summary>The numbers</summary>\n" +
                       html_table("Dose curves", head, rows) + "</details>\n");
}

std::string similarity_section(const EvaluationReport& report) {
    const std::string map = heat_map_html(report.similarity);
    if (map.empty()) return "";
    return section(
        "similarity", "How alike the layers are",
        "<p>Linear centred kernel alignment (CKA) of the two models' states on held-out texts. It says where "
        "the models agree, not where a concept carries best.</p>\n" +
            map);
}

std::string draws_text(const ConditionResult& result) {
    if (result.draws == 0) return result.note;
    const std::string draws = std::to_string(result.draws) + " draws, 95th percentile " + fixed(result.percentile95);
    return result.note.empty() ? draws : draws + "; " + result.note;
}

std::string results_section(const EvaluationReport& report) {
    std::vector<Row> rows;
    for (const ConditionResult& result : report.results) {
        rows.push_back(
            {heading_cell(result.vector), text_cell(result.task), text_cell(result.metric),
             number_cell(std::to_string(result.n)), number_cell(fixed(result.value), bracket(result.low, result.high)),
             number_cell(fixed(result.recovery), bracket(result.recovery_low, result.recovery_high)),
             number_cell(fixed(result.dose)), number_cell(fixed(result.kl_nats)), text_cell(draws_text(result))});
    }
    if (rows.empty()) return "";
    const std::vector<std::string> head = {"vector",   "concept", "metric", "n",   "value",
                                           "recovery", "dose",    "KL",     "note"};
    return section("results", "All results",
                   "<details open><summary>" + std::to_string(rows.size()) + " rows</summary>\n" +
                       html_table("Every result with its number of items and 95% interval", head, rows) +
                       "</details>\n");
}

std::string fact(const char* name, const std::string& value) {
    if (value.empty()) return "";
    return std::string("<dt>") + name + "</dt><dd>" + escape_html(value) + "</dd>\n";
}

std::string model_fact(const char* role, const ModelIdentity& model) {
    return std::string("<dt>") + role + "</dt><dd>" + escape_html(model_name(model)) + " (" +
           escape_html(model.architecture) + ", " + std::to_string(model.n_layers) + " layers, width " +
           std::to_string(model.d_model) + ")<br><code>" + escape_html(model.fingerprint) + "</code></dd>\n";
}

std::string tasks_text(const EvaluationReport& report) {
    std::string text;
    for (const TaskSummary& task : report.tasks) {
        text += (text.empty() ? "" : "; ") + task.name + ": " + std::to_string(task.n_items) + " items in " +
                std::to_string(task.n_groups) + " groups (" + task.file + ")";
    }
    return text;
}

std::string judges_text(const EvaluationReport& report) {
    std::string text;
    for (const JudgeCalibration& judge : report.judges) text += (text.empty() ? "" : "; ") + describe(judge);
    return text;
}

std::string footer(const EvaluationReport& report) {
    const ReportProvenance& p = report.provenance;
    return "<footer><h2>Where this comes from</h2><dl>\n" +
           (report.source ? model_fact("source", *report.source) : "") + model_fact("target", report.target) +
           fact("tasks", tasks_text(report)) + fact("judge", judges_text(report)) + fact("contrans", p.tool_version) +
           fact("command", p.command) + fact("seed", std::to_string(p.seed)) + fact("machine", p.machine) +
           fact("date", p.date) + fact("took", p.seconds > 0 ? fixed(p.seconds, 0) + " s" : "") + "</dl></footer>\n";
}

std::string scripts(const EvaluationReport& report) {
    return "<script type=\"application/json\" id=\"chart-data\">" + chart_data_json(report) + "</script>\n<script>" +
           std::string(embedded::chart_js()) + "</script>\n<script>" + std::string(embedded::report_js()) +
           "</script>\n";
}

}  // namespace

std::string render_report_html(const EvaluationReport& report) {
    return html_head(title_text(report), embedded::report_css()) + "<body><main>\n" +
           headline_section(report, headline(report)) + bars_section(report) + concepts_section(report) +
           verdicts_section(report) + safety_section(report) + damage_section(report) + dose_section(report) +
           similarity_section(report) + results_section(report) + footer(report) + "</main>\n" + scripts(report) +
           "</body></html>\n";
}

}  // namespace contrans
