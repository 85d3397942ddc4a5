#include "contrans/study/study_report.h"

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "contrans/evaluation/headline.h"
#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/report_html.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/evaluation/robustness.h"
#include "contrans/evaluation/safety.h"
#include "contrans/evaluation/side_effects.h"
#include "contrans/evaluation/suffix_attack.h"
#include "contrans/evaluation/table.h"

namespace contrans::embedded {
std::string_view study_css();
}

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

std::string run_title(const StudyRun& run) { return run.models + ", seed " + std::to_string(run.seed); }

std::string recovery_text(const RecoveryEstimate& recovery) {
    return with_interval(recovery.value, recovery.low, recovery.high);
}

/// A row a run: what each method and control recovers over all its concepts.
std::string recovery_table(const StudyResult& result) {
    std::vector<std::string> head = {"run"};
    std::vector<std::vector<HtmlCell>> rows;
    for (const StudyRun& run : result.runs) {
        std::vector<HtmlCell>& row = rows.emplace_back();
        row.push_back({run_title(run), HtmlCell::Kind::row_heading, ""});
        for (const HeadlineRow& of : headline(run.report).rows) {
            if (rows.size() == 1) head.push_back(role_title(of.role));
            row.push_back({recovery_text(of.recovery), HtmlCell::Kind::number, ""});
        }
        row.resize(head.size());
    }
    return html_table("Recovery of every run, with 95% intervals", head, rows);
}

std::string page_of_run(const StudyRun& run) {
    return "<details><summary>" + escape_html(run_title(run)) + "</summary>\n<iframe title=\"" +
           escape_html(run_title(run)) + "\" srcdoc=\"" + escape_html(render_report_html(run.report)) +
           "\"></iframe></details>\n";
}

/// What the run's page does not say: there the vectors are judged on their own tasks.
std::string side_effects_section(const StudyRun& run) {
    if (run.side_effects.empty()) return "";
    return side_effects_html(run.side_effects) + "<h2>Safety</h2>\n" + safety_html(run.report, run.side_effects);
}

std::string beyond_the_report(const StudyRun& run) {
    if (run.side_effects.empty() && run.robustness.empty()) return "";
    return "<section aria-label=\"" + escape_html(run_title(run)) + "\">\n" + side_effects_section(run) +
           robustness_html(run.robustness) + suffix_attacks_html(run.attacks) + "</section>\n";
}

bool is_one_report(const Study& study, const StudyResult& result) {
    return result.runs.size() == 1 && !study.source_itself && beyond_the_report(result.runs.front()).empty();
}

std::string index_page(const Study& study, const StudyResult& result) {
    std::string page =
        html_head(study.name, embedded::study_css()) + "<body><main>\n<h1>" + escape_html(study.name) + "</h1>\n" +
        "<p>What carried vectors recover of the effect that native vectors have, run by run: the ratio of summed gains "
        "over the concepts.</p>\n" +
        recovery_table(result) + findings_html(all_findings(result), result.predictors);
    for (const StudyRun& run : result.runs) page += beyond_the_report(run) + page_of_run(run);
    return page + "</main></body></html>\n";
}

}  // namespace

std::string study_to_json(const Study& study, const StudyResult& result) {
    Json runs = Json::array();
    for (const StudyRun& run : result.runs) {
        runs.push_back(
            {{"models", run.models}, {"seed", run.seed}, {"report", Json::parse(report_to_json(run.report))}});
        if (!run.side_effects.empty()) {
            runs.back()["side_effects"] = Json::parse(side_effects_to_json(run.side_effects));
            runs.back()["safety"] = Json::parse(safety_to_json(run.report, run.side_effects));
        }
        if (!run.attacks.empty()) runs.back()["attacks"] = Json::parse(suffix_attacks_to_json(run.attacks));
        if (!run.robustness.empty()) runs.back()["robustness"] = Json::parse(robustness_to_json(run.robustness));
    }
    return Json{{"study", study.name},
                {"findings", Json::parse(findings_to_json(all_findings(result)))},
                {"predictors", Json::parse(predictors_to_json(result.predictors))},
                {"runs", std::move(runs)}}
               .dump(2) +
           "\n";
}

std::string render_study_html(const Study& study, const StudyResult& result) {
    return is_one_report(study, result) ? render_report_html(result.runs.front().report) : index_page(study, result);
}

std::string render_study_table(const StudyResult& result) {
    std::string text;
    for (const StudyRun& run : result.runs) {
        if (result.runs.size() > 1) text += (text.empty() ? "" : "\n") + run_title(run) + "\n\n";
        text += render_table(run.report);
        for (const std::string& line : safety_lines(run.report, run.side_effects)) text += line + "\n";
        text += robustness_table(run.robustness);
    }
    return text + "\n" + findings_table(all_findings(result), result.predictors);
}

}  // namespace contrans
