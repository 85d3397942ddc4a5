#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/optional_json.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/task.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/verify.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct VerifyArguments {
    std::string vector;
    std::string target;
    std::string task;
    bool chat = false;
    std::size_t limit = 0;
    std::string neutral;
};

VerifyRequest request_of(const VerifyArguments& arguments, const Session& session) {
    VerifyRequest request;
    if (!arguments.task.empty()) {
        Task task = limit_items(read_task(arguments.task, Split::dev), arguments.limit, session.options().seed);
        request.task = arguments.chat ? as_chat(std::move(task)) : std::move(task);
    }
    request.neutral = read_neutral(arguments.neutral);
    std::error_code none;
    const std::filesystem::path controls = controls_path(arguments.vector);
    if (std::filesystem::exists(controls, none)) request.controls = read_control_set(controls);
    request.seed = session.options().seed;
    request.threads = session.options().threads;
    return request;
}

Json to_json(const std::optional<DriftTrial>& trial) {
    if (!trial) return {};
    Json json = {{"dose", trial->dose}, {"kl_nats", trial->kl_nats}, {"agreement", or_null(trial->agreement)}};
    json["gain"] = trial->gain
                       ? Json{{"value", trial->gain->value}, {"low", trial->gain->low}, {"high", trial->gain->high}}
                       : Json();
    return json;
}

Json to_json(const std::vector<SpreadChange>& spread) {
    Json layers = Json::array();
    for (const SpreadChange& layer : spread)
        layers.push_back({{"layer", layer.layer.value}, {"was", layer.was}, {"now", layer.now}});
    return layers;
}

Json to_json(const VerifyResult& result, const VerifyArguments& arguments, double seconds) {
    const DriftMeasures& measures = result.measures;
    return {{"vector", arguments.vector},
            {"verdict", to_string(result.judgement.verdict)},
            {"rule", result.judgement.rule},
            {"by_signature", result.by_signature ? Json(to_string(result.by_signature->verdict)) : Json()},
            {"made_for", identity_to_json(result.made_for)},
            {"target", identity_to_json(result.target)},
            {"same_model", result.made_for == result.target},
            {"spread", to_json(measures.spread)},
            {"loss", {{"was", or_null(measures.loss_was)}, {"now", or_null(measures.loss_now)}}},
            {"kl_was", or_null(measures.kl_was)},
            {"gain_was", or_null(measures.gain_was)},
            {"control_agreement", or_null(measures.control_agreement)},
            {"as_written", to_json(measures.as_written)},
            {"redosed", to_json(measures.redosed)},
            {"seconds", seconds}};
}

std::string spread_text(const std::vector<SpreadChange>& spread) {
    std::string text;
    for (const SpreadChange& layer : spread) {
        text += (text.empty() ? "layer " : ", layer ") + std::to_string(layer.layer.value) + ": " +
                fixed(layer.now, 1) + ", then " + fixed(layer.was, 1);
    }
    return text;
}

std::vector<std::string> trial_row(const std::string& name, const DriftTrial& trial) {
    const auto gain =
        trial.gain ? with_interval(trial.gain->value, trial.gain->low, trial.gain->high) : std::string("-");
    return {name, fixed(trial.dose, 3), fixed(trial.kl_nats, 3), fixed(trial.agreement), gain};
}

/// The vector then, as it is written now, and at the other dose.
std::string trial_table(const DriftMeasures& measures) {
    std::vector<std::vector<std::string>> rows = {{"", "dose", "damage", "agreement", "gain"}};
    rows.push_back(
        {"then", fixed(measures.as_written->dose, 3), fixed(measures.kl_was, 3), "1.00", fixed(measures.gain_was)});
    rows.push_back(trial_row("now", *measures.as_written));
    rows.push_back(trial_row("at its damage then", *measures.redosed));
    return aligned(rows);
}

std::string to_text(const VerifyResult& result, const VerifyArguments& arguments, double seconds) {
    const DriftMeasures& measures = result.measures;
    std::vector<Fact> facts = {{"made for", describe(result.made_for)}, {"target", describe(result.target)}};
    if (!measures.spread.empty()) facts.push_back({"spread", spread_text(measures.spread)});
    if (measures.loss_was) {
        facts.push_back(
            {"neutral texts", fixed(measures.loss_now) + " nats a token unsteered, then " + fixed(measures.loss_was)});
    }
    if (measures.control_agreement)
        facts.push_back({"controls", "agreement " + fixed(measures.control_agreement) + " of the torn map's"});
    facts.push_back({"verdict", to_string(result.judgement.verdict) + ": " + result.judgement.rule});
    if (result.judgement.verdict == DriftVerdict::redose)
        facts.push_back({"dose", "--vector " + arguments.vector + "=" + fixed(measures.redosed->dose, 3)});
    if (result.by_signature)
        facts.push_back(
            {"by its signature", to_string(result.by_signature->verdict) + ": " + result.by_signature->rule});
    return fact_lines(facts) + (measures.as_written ? trial_table(measures) : "") + "verified in " + fixed(seconds, 1) +
           " s\n";
}

ExitCode run_verify(const VerifyArguments& arguments, Session& session) {
    ControlVector vector = read_control_vector(arguments.vector);
    vector.name = arguments.vector;  // as messages are to call it
    const VerifyRequest request = request_of(arguments, session);
    const VerifyResult result = verify(
        vector, read_model_identity(arguments.target), [&] { return open_model(session, arguments.target); }, request,
        session.context());
    session.show(to_json(result, arguments, session.seconds()), to_text(result, arguments, session.seconds()));
    return result.judgement.verdict == DriftVerdict::holds ? ExitCode::done : ExitCode::verdict_no;
}

}  // namespace

void add_verify_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<VerifyArguments>();
    CLI::App& command = add_command(
        app, "verify", "Does a vector still hold on a target that changed: holds, re-dose, re-map or refuse",
        "contrans verify --vector happy.gguf --target gemma-q8.gguf --task data/concepts/happiness/dev.jsonl");
    command
        .add_option("--vector", arguments->vector, "Vector of contrans transplant, with its V.controls.gguf beside it")
        ->required();
    command.add_option("--target", arguments->target, "The changed target: another quant or a fine-tune (GGUF)")
        ->required();
    command.add_option(
        "--task", arguments->task,
        "Development items that the vector was chosen on; default: judged by its effect on the next word");
    command.add_flag("--chat", arguments->chat,
                     "Put plain prompts to the model as a user's message in its chat template");
    command.add_option("--limit", arguments->limit, "Items of the task, drawn by chance; 0: all")
        ->check(whole_number_within(0, kLargestCount))
        ->capture_default_str();
    command.add_option("--neutral", arguments->neutral,
                       "Texts of spread and damage, the same as then; default: the built-in development texts");
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_verify(*arguments, session); }; });
}

}  // namespace contrans::cli
