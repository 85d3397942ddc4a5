#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli/chosen_judge.h"
#include "apps/cli/command_line.h"
#include "apps/cli/machine.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/report_output.h"
#include "apps/cli/session.h"
#include "apps/cli/vector_plan.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/disjoint_tasks.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/task.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/evaluate.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "contrans/transplant/vector_set.h"

namespace contrans::cli {
namespace {

struct EvaluateArguments {
    std::string target;
    std::vector<std::string> vectors;
    std::string numbering = "as-written";
    std::string task;
    std::string dev_task;
    bool chat = false;
    std::string native_pairs;
    std::string native_position = "last";
    std::string neutral;
    std::string neutral_dev;
    std::string controls = "all";
    std::size_t draws = EvaluateRequest{}.draws;
    std::size_t draw_items = EvaluateRequest{}.draw_items;
    double budget = EvaluateRequest{}.budget_nats;
    std::string instruction;
    std::size_t few_shot = 0;
    std::size_t limit = 0;
    std::string similarity_from;
    JudgeArguments judge;
    ReportFiles files;
};

void choose_control(ControlChoice& choice, const std::string& name) {
    if (name == role::kShuffledMap) {
        choice.shuffled_map = true;
    } else if (name == role::kShuffledLabels) {
        choice.shuffled_labels = true;
    } else if (name == role::kRandomCovariance) {
        choice.random_covariance = true;
    } else if (name == role::kRandomIsotropic) {
        choice.random_isotropic = true;
    } else {
        throw Error(ErrorKind::argument,
                    "--controls: must be all, none or names out of shuffled-map, shuffled-labels, random-covariance, "
                    "random-isotropic, with commas between (got " +
                        in_quotes(name) + ")");
    }
}

ControlChoice parse_controls(const std::string& text) {
    if (text == "all") return {};
    ControlChoice choice{false, false, false, false};
    if (text == "none") return choice;
    std::istringstream names(text);
    for (std::string name; std::getline(names, name, ',');) choose_control(choice, name);
    return choice;
}

std::optional<ControlSet> controls_beside(const std::filesystem::path& vector_file) {
    const std::filesystem::path file = controls_path(vector_file);
    std::error_code none;
    if (!std::filesystem::exists(file, none)) return std::nullopt;
    return read_control_set(file);
}

void require_own_name(const std::string& name, const std::string& file, const std::vector<Treatment>& before) {
    static const std::set<std::string> kFixed = {
        role::kNone,        role::kNative,         role::kPrompt,           role::kFewShot,        role::kProxyTuning,
        role::kShuffledMap, role::kShuffledLabels, role::kRandomCovariance, role::kRandomIsotropic};
    const bool taken =
        std::any_of(before.begin(), before.end(), [&](const Treatment& t) { return t.vector.name == name; });
    if (!taken && !kFixed.contains(name)) return;
    throw Error(ErrorKind::argument, "--vector " + file + ": the name \"" + name +
                                         "\" stands for something else in the results; rename the file");
}

std::vector<Treatment> read_treatments(const EvaluateArguments& arguments) {
    std::vector<Treatment> treatments;
    for (const std::string& file : arguments.vectors) {
        Treatment treatment{read_control_vector(file, parse_numbering(arguments.numbering)), controls_beside(file)};
        require_own_name(treatment.vector.name, file, treatments);
        // The first is what is judged, whichever fit its search took.
        const auto& provenance = treatment.vector.provenance;
        treatment.is_for_comparison = !treatments.empty() && provenance && provenance->fit == to_string(FitKind::paper);
        treatments.push_back(std::move(treatment));
    }
    return treatments;
}

void require_made_for_target(const std::vector<Treatment>& treatments, const EvaluateArguments& arguments,
                             const Session& session) {
    const ModelIdentity target = read_model_identity(arguments.target);
    for (std::size_t i = 0; i < treatments.size(); ++i) {
        const std::string& file = arguments.vectors[i];
        require_fits(treatments[i].vector, file, target, session.identity_policy());
        if (!treatments[i].controls) continue;
        require_same_model(controls_path(file).string(), treatments[i].controls->target, target,
                           session.identity_policy());
    }
}

Task task_from(const EvaluateArguments& arguments, const std::string& file, Split split) {
    Task task = read_task(file, split);
    return arguments.chat ? as_chat(std::move(task)) : task;
}

EvaluateRequest request_of(const EvaluateArguments& arguments, const Session& session) {
    if (arguments.few_shot != 0 && arguments.native_pairs.empty())
        throw Error(ErrorKind::argument, "--few-shot: the examples are texts of --native-pairs, which is not given");
    EvaluateRequest request;
    request.controls = parse_controls(arguments.controls);
    request.native.position = parse_text_position(arguments.native_position);
    const Task test = task_from(arguments, arguments.task, Split::test);
    if (!arguments.dev_task.empty()) {
        request.dev_task = task_from(arguments, arguments.dev_task, Split::dev);
        require_disjoint(*request.dev_task, test);
    }
    request.task = limit_items(test, arguments.limit, session.options().seed);
    if (!arguments.native_pairs.empty()) request.native_pairs = read_contrast_pairs(arguments.native_pairs);
    request.instruction = arguments.instruction;
    request.few_shot = arguments.few_shot;
    request.draws = arguments.draws;
    request.draw_items = arguments.draw_items;
    request.budget_nats = arguments.budget;
    request.neutral_test = read_neutral(arguments.neutral);
    request.neutral_dev = read_neutral(arguments.neutral_dev);
    request.identity = session.identity_policy();
    request.seed = session.options().seed;
    request.threads = session.options().threads;
    return request;
}

void name_numbering(EvaluationReport& report, const std::vector<Treatment>& treatments, const std::string& numbering) {
    for (const Treatment& treatment : treatments) {
        if (treatment.vector.target) continue;
        for (ConditionResult& result : report.results) {
            if (result.vector == treatment.vector.name)
                result.note += (result.note.empty() ? "" : "; ") + foreign_text(numbering);
        }
    }
}

std::string used_by(const LayerPairSimilarity& pair, const std::vector<Treatment>& treatments) {
    std::string names;
    for (const Treatment& treatment : treatments) {
        const auto& provenance = treatment.vector.provenance;
        if (!provenance || provenance->source_layer != pair.source_layer) continue;
        for (const ControlLayer& layer : treatment.vector.layers) {
            if (layer.layer == pair.target_layer) names += (names.empty() ? "" : ", ") + treatment.vector.name;
        }
    }
    return names;
}

void add_similarity(EvaluationReport& report, const MapSet& maps, const std::vector<Treatment>& treatments) {
    for (const LayerPairSimilarity& pair : maps.similarity) {
        report.similarity.push_back({pair.source_layer, pair.target_layer, pair.cka, used_by(pair, treatments)});
    }
}

void add_provenance(EvaluationReport& report, const EvaluateArguments& arguments, const Session& session) {
    for (TaskSummary& task : report.tasks) task.file = arguments.task;
    report.provenance.command = session.command();
    report.provenance.machine = machine_text();
    report.provenance.date = date_text();
    report.provenance.seconds = session.seconds();
}

std::optional<MapSet> read_similarity_map(const EvaluateArguments& arguments) {
    if (arguments.similarity_from.empty()) return std::nullopt;
    return read_map_set(arguments.similarity_from);
}

/// How often the judge said neither, since that counts as no.
void note_neither(const EvaluationReport& report, const Session& session) {
    for (const ConditionResult& result : report.results) {
        const auto neither = static_cast<std::size_t>(std::lround(result.value * static_cast<double>(result.n)));
        if (result.metric == to_string(Metric::neither) && neither > 0 && result.draws == 0)
            session.note("the judge said neither yes nor no to " + std::to_string(neither) + " of " +
                         std::to_string(result.n) + " answers of " + result.vector + ", which counts as no");
    }
}

ExitCode run_evaluate(const EvaluateArguments& arguments, Session& session) {
    EvaluateRequest request = request_of(arguments, session);
    require_judge_for(request.task, arguments.judge);
    const std::vector<Treatment> treatments = read_treatments(arguments);
    const std::optional<MapSet> maps = read_similarity_map(arguments);
    require_writable(arguments.files);
    require_made_for_target(treatments, arguments, session);
    for (std::size_t i = 0; i < treatments.size(); ++i) {
        if (!treatments[i].vector.target) session.note(arguments.vectors[i] + ": " + foreign_text(arguments.numbering));
    }
    const std::shared_ptr<const Model> target = open_model(session, arguments.target);
    const std::shared_ptr<Judge> judge = open_judge(arguments.judge, session);
    request.task.judge = judge;
    if (request.dev_task) request.dev_task->judge = judge;
    const std::vector<JudgeCalibration> calibrations = calibrations_of(judge, arguments.judge, session);
    EvaluationReport report = evaluate(target, treatments, request, session.context());
    report.judges = calibrations;
    note_neither(report, session);
    name_numbering(report, treatments, arguments.numbering);
    if (maps) add_similarity(report, *maps, treatments);
    add_provenance(report, arguments, session);
    return put_report(report, arguments.files, session);
}

void add_inputs(CLI::App& command, EvaluateArguments& arguments) {
    command.add_option("--target", arguments.target, "Target model (GGUF)")->required();
    command
        .add_option("--vector", arguments.vectors,
                    "Control vector (GGUF), with its V.controls.gguf where that lies beside it; may be repeated")
        ->required();
    command.add_option("--layer-numbering", arguments.numbering, "Of other engines' vectors: as-written or one-late")
        ->capture_default_str();
    command
        .add_option("--task", arguments.task,
                    "Items reported on: lines with \"split\": \"test\", or a file without splits")
        ->required();
    command.add_option(
        "--dev-task", arguments.dev_task,
        "Items that native and the shuffled map are searched on; default: no search, the vector's layer and "
        "dose");
    command.add_option("--native-pairs", arguments.native_pairs,
                       "Contrast pairs of the vector read in the target itself, the denominator of recovery");
    command.add_option("--native-position", arguments.native_position, "last or mean")->capture_default_str();
    command.add_option("--instruction", arguments.instruction,
                       "Text before every prompt, for the comparison with prompting");
    command
        .add_option("--few-shot", arguments.few_shot,
                    "So many positive texts of --native-pairs before every prompt, for the comparison with examples")
        ->check(whole_number_within(1, 64));
    command.add_option("--neutral", arguments.neutral, "Texts that reported damage is measured on; default: built in");
    command.add_option("--neutral-dev", arguments.neutral_dev,
                       "Texts that searches measure damage and spread on; default: built in");
    command.add_option("--similarity-from", arguments.similarity_from,
                       "Map file whose layer similarity the report shows");
}

void add_effort(CLI::App& command, EvaluateArguments& arguments) {
    command
        .add_option("--controls", arguments.controls,
                    "all, none, or out of shuffled-map,shuffled-labels,random-covariance,random-isotropic")
        ->capture_default_str();
    command.add_option("--draws", arguments.draws, "Draws of each drawn control")
        ->check(whole_number_within(1, 10000))
        ->capture_default_str();
    command.add_option("--draw-items", arguments.draw_items, "Items that each draw is scored on; 0: all")
        ->check(whole_number_within(0, kLargestCount))
        ->capture_default_str();
    command.add_option("--budget", arguments.budget, "Damage budget in nats of KL on neutral texts")
        ->check(number_within(1e-6, 100))
        ->capture_default_str();
    command.add_flag("--chat", arguments.chat,
                     "Put plain prompts to the model as a user's message in its chat template");
    command.add_option("--limit", arguments.limit, "Items of the task, drawn by chance; 0: all")
        ->check(whole_number_within(0, kLargestCount))
        ->capture_default_str();
}

}  // namespace

void add_evaluate_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<EvaluateArguments>();
    CLI::App& command = add_command(
        app, "evaluate", "Did the target's behaviour change, at what damage, against native and controls",
        "contrans evaluate --target gemma.gguf --vector happy.gguf --task data/concepts/happiness/test.jsonl "
        "--dev-task "
        "data/concepts/happiness/dev.jsonl --native-pairs data/concepts/happiness/pairs.jsonl --report happy.html");
    add_inputs(command, *arguments);
    add_effort(command, *arguments);
    add_judge_options(command, arguments->judge);
    command.add_option("--report", arguments->files.html, "Write the report page here (HTML)");
    command.add_option("--report-json", arguments->files.json, "Write the report here (JSON, for contrans report)");
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_evaluate(*arguments, session); }; });
}

}  // namespace contrans::cli
