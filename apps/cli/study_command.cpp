#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/chosen_judge.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "contrans/core/atomic_file.h"
#include "contrans/core/folder_lock.h"
#include "contrans/evaluation/shared_judge.h"
#include "contrans/evaluation/verdict.h"
#include "contrans/study/run_study.h"
#include "contrans/study/study_file.h"
#include "contrans/study/study_report.h"

namespace contrans::cli {
namespace {

struct StudyArguments {
    std::string study;
    std::string out;
    JudgeArguments judge;
};

StudyOptions options_for(const StudyArguments& arguments, const std::filesystem::path& folder, const Session& session) {
    StudyOptions options;
    options.folder = folder / "made";
    options.threads = session.options().threads;
    options.loading = session.options().keep_quants ? "weights as in the file" : "slow quants as BF16";
    options.load = [&session](const std::filesystem::path& file) { return open_model(session, file); };
    if (const std::shared_ptr<Judge> judge = open_judge(arguments.judge, session))
        options.judge = std::make_shared<SharedJudge>(judge);
    return options;
}

bool all_runs_passed(const StudyResult& result) {
    return std::ranges::all_of(result.runs, [](const StudyRun& run) { return all_passed(run.report.verdicts); });
}

ExitCode run_study_command(const StudyArguments& arguments, Session& session) {
    const Study study = read_study(arguments.study);
    const std::filesystem::path folder = arguments.out;
    std::filesystem::create_directories(folder);
    require_writable(folder / "report.html");
    const FolderLock lock(folder);
    const StudyOptions options = options_for(arguments, folder, session);
    const std::vector<JudgeCalibration> calibrations = calibrations_of(options.judge, arguments.judge, session);
    StudyResult result = run_study(study, options, session.context());
    for (StudyRun& run : result.runs) run.report.judges = calibrations;
    const std::string json = study_to_json(study, result);
    write_text_file(folder / "report.json", json);
    write_text_file(folder / "report.html", render_study_html(study, result));
    print(session.options().json ? json : render_study_table(result));
    session.note(std::to_string(result.steps) + " steps, " + std::to_string(result.reused) + " of them done before; " +
                 (folder / "report.html").string() + " and report.json written");
    return all_runs_passed(result) ? ExitCode::done : ExitCode::verdict_no;
}

}  // namespace

void add_study_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<StudyArguments>();
    CLI::App& command = add_command(
        app, "study",
        "Carries many concepts between many models and judges them, from one file; goes on where it was ended",
        "contrans study study.json --out study");
    command
        .add_option("study", arguments->study,
                    "JSON: models, corpus, concepts, methods, controls, items, budget, seeds (docs/study.md)")
        ->required();
    command
        .add_option("--out", arguments->out,
                    "Folder for report.html and report.json; what is made on the way is kept in made/ under it")
        ->required();
    add_judge_options(command, arguments->judge);
    command.callback([&line, arguments] {
        line.run = [arguments](Session& session) { return run_study_command(*arguments, session); };
    });
}

}  // namespace contrans::cli
