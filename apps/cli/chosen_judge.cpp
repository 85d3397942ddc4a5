#include "apps/cli/chosen_judge.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/judge/endpoint_judge.h"
#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/kept_judge.h"
#include "contrans/evaluation/model_judge.h"
#include "contrans/runtime/cache_folder.h"

namespace contrans::cli {
namespace {

constexpr const char* kKeyVariable = "CONTRANS_JUDGE_KEY";

bool is_endpoint(const std::string& judge) { return judge.starts_with("http://") || judge.starts_with("https://"); }

/// Of this endpoint and model.
std::filesystem::path usual_file(const Judge& judge) {
    Sha256 hash;
    hash.update(judge.name());
    const std::filesystem::path folder = cache_folder() / "judged";
    std::filesystem::create_directories(folder);
    return folder / (hash.hex_digest().substr(0, 16) + ".jsonl");
}

std::shared_ptr<Judge> open_endpoint(const JudgeArguments& arguments) {
    EndpointOptions options;
    options.model = arguments.model;
    if (const char* key = std::getenv(kKeyVariable)) options.key = key;
    options.tries = arguments.tries;
    options.patience = std::chrono::milliseconds(static_cast<long>(1000 * arguments.patience));
    auto endpoint = std::make_unique<EndpointJudge>(arguments.judge, std::move(options));
    std::filesystem::path file = arguments.kept;
    if (file.empty()) file = usual_file(*endpoint);
    return std::make_shared<KeptJudge>(std::move(endpoint), file);
}

}  // namespace

void add_judge_options(CLI::App& command, JudgeArguments& arguments) {
    command.add_option("--judge", arguments.judge,
                       "Who says yes or no of what the target writes on a judged task: a model (GGUF), or an "
                       "OpenAI-compatible endpoint with log-probabilities, http://HOST:PORT (docs/judge.md)");
    command.add_option("--judge-labelled", arguments.labelled,
                       "Replies that people have judged (JSON lines): the judge's agreement with them is reported");
    command.add_option("--judge-model", arguments.model, "The endpoint's model, as its requests name it");
    command.add_option("--judge-kept", arguments.kept,
                       "File that an endpoint's answers are kept in, so that the same command goes on after a stop; "
                       "default: one in the cache folder");
    command.add_option("--judge-tries", arguments.tries, "Tries of one answer, half a second and longer apart")
        ->check(whole_number_within(1, 100))
        ->capture_default_str();
    command.add_option("--judge-patience", arguments.patience, "Seconds that one try may take")
        ->check(number_within(0.01, 3600))
        ->capture_default_str();
}

std::shared_ptr<Judge> open_judge(const JudgeArguments& arguments, const Session& session) {
    if (arguments.judge.empty()) return nullptr;
    if (is_endpoint(arguments.judge)) return open_endpoint(arguments);
    return std::make_shared<ModelJudge>(open_model(session, arguments.judge), session.options().threads);
}

void require_judge_for(const Task& task, const JudgeArguments& arguments) {
    if (task.kind == TaskKind::judged && arguments.judge.empty())
        throw Error(ErrorKind::argument, "--judge: task " + in_quotes(task.name) + " is judged, and needs a judge");
    if (task.kind != TaskKind::judged && !arguments.judge.empty())
        throw Error(ErrorKind::argument, "--judge: task " + in_quotes(task.name) + " is not judged, and needs none");
    if (arguments.judge.empty() && !arguments.labelled.empty())
        throw Error(ErrorKind::argument, "--judge-labelled: needs a --judge");
}

std::vector<JudgeCalibration> calibrations_of(const std::shared_ptr<Judge>& judge, const JudgeArguments& arguments,
                                              Session& session) {
    if (!judge || arguments.labelled.empty()) return {};
    const std::vector<LabelledReply> replies = read_labelled_replies(arguments.labelled);
    std::vector<JudgeQuestion> questions;
    for (const LabelledReply& reply : replies) questions.push_back(reply.question);
    const RunContext context = session.context();
    context.begin("calibrate the judge", "replies", questions.size());
    const std::vector<JudgeAnswer> answers = judge->ask(questions, context);
    context.end();
    return {calibrate(judge->name(), replies, answers)};
}

}  // namespace contrans::cli
