#include "apps/cli/report_output.h"

#include "apps/cli/console.h"
#include "apps/cli/output_file.h"
#include "contrans/core/atomic_file.h"
#include "contrans/evaluation/report_html.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/evaluation/safety.h"
#include "contrans/evaluation/table.h"
#include "contrans/evaluation/verdict.h"

namespace contrans::cli {
namespace {

std::string verdict_lines(const EvaluationReport& report) {
    std::string text;
    for (const Verdict& verdict : report.verdicts) {
        text += verdict.vector + ": " + verdict.text + "\n";
    }
    for (const JudgeCalibration& judge : report.judges) text += "Judge: " + describe(judge) + ".\n";
    for (const std::string& line : safety_lines(report)) text += line + "\n";
    return text;
}

}  // namespace

void require_writable(const ReportFiles& files) {
    if (!files.html.empty()) require_writable(std::filesystem::path(files.html));
    if (!files.json.empty()) require_writable(std::filesystem::path(files.json));
}

ExitCode put_report(const EvaluationReport& report, const ReportFiles& files, const Session& session) {
    if (!files.json.empty()) write_report(report, files.json);
    if (!files.html.empty()) write_text_file(files.html, render_report_html(report));
    print(session.options().json ? report_to_json(report) : render_table(report) + "\n" + verdict_lines(report));
    return all_passed(report.verdicts) ? ExitCode::done : ExitCode::verdict_no;
}

}  // namespace contrans::cli
