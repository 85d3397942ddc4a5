#include <memory>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/report_output.h"
#include "apps/cli/session.h"
#include "contrans/evaluation/report_json.h"

namespace contrans::cli {
namespace {

struct ReportArguments {
    std::vector<std::string> reports;
    ReportFiles files;
};

ExitCode run_report(const ReportArguments& arguments, const Session& session) {
    require_writable(arguments.files);
    std::vector<EvaluationReport> reports;
    for (const std::string& file : arguments.reports) reports.push_back(read_report(file));
    return put_report(merge_reports(reports), arguments.files, session);
}

}  // namespace

void add_report_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<ReportArguments>();
    CLI::App& command = add_command(app, "report", "Merges reports of several concepts into one table and page",
                                    "contrans report happiness.json fear.json --html report.html");
    command.add_option("reports", arguments->reports, "Files of contrans evaluate --report-json")->required();
    command.add_option("--html", arguments->files.html, "Write the page here");
    command.add_option("--out", arguments->files.json, "Write the merged report here (JSON)");
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_report(*arguments, session); }; });
}

}  // namespace contrans::cli
