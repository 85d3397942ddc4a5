#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/config_file.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/operation_choices.h"
#include "apps/cli/reload_signal.h"
#include "apps/cli/session.h"
#include "apps/cli/vector_plan.h"
#include "apps/server/serving.h"
#include "contrans/core/error.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ServeOptions {
    OperationChoices operation;
    std::string model;
    std::string numbering = "as-written";
    server::ServingOptions serving;
};

server::ServingOptions serving_options(const ServeOptions& options, const Session& session) {
    server::ServingOptions serving = options.serving;
    complete(serving, options.operation, session);
    if (!serving.vectors.empty() && !std::filesystem::is_directory(serving.vectors)) {
        throw Error(ErrorKind::io, "--vectors: no folder: " + serving.vectors.string());
    }
    serving.scheduler.threads = session.options().threads;
    serving.identity_policy = session.identity_policy();
    serving.numbering = parse_numbering(options.numbering);
    return serving;
}

/// The one line on stdout that scripts wait for.
void show(const server::Listening& listening, bool keys, const Session& session) {
    warn_if_open(listening.loopback, keys, session);
    session.show(
        Json{{"url", "http://" + listening.address}, {"model", listening.model}, {"concepts", listening.concepts}},
        "listening on http://" + listening.address + "\n");
}

/// Everything that starting would refuse, but for the port.
ExitCode check_config(const std::shared_ptr<const Model>& model, const server::ServingOptions& serving,
                      const Session& session) {
    ConceptShelf shelf(model, serving.identity_policy, serving.numbering);
    const std::size_t concepts = serving.vectors.empty() ? 0 : shelf.load_folder(serving.vectors);
    session.show(Json{{"model", describe(model->identity())}, {"concepts", concepts}, {"keys", !serving.keys.none()}},
                 "the configuration holds: " + describe(model->identity()) + ", " + std::to_string(concepts) +
                     " concepts, " + (serving.keys.none() ? "no keys" : "keys") + "\n");
    return ExitCode::done;
}

ExitCode run_serve(CLI::App& command, ServeOptions& options, Session& session) {
    if (!options.operation.config.empty()) apply_config_file(command, options.operation.config);
    if (options.model.empty()) throw Error(ErrorKind::argument, "--model is required, here or in --config's file");
    const server::ServingOptions serving = serving_options(options, session);
    // Writing answers is bound by memory: the file's own weights are the fastest.
    const auto model = open_model(session, options.model, WeightMode::keep);
    if (options.operation.wish == OperationChoices::Wish::check) return check_config(model, serving, session);
    watch_for_reload();
    server::serve(model, serving, session.context().stop,
                  [&](const server::Listening& listening) { show(listening, !serving.keys.none(), session); });
    return ExitCode::done;
}

void add_scheduler_options(CLI::App& command, SchedulerOptions& scheduler) {
    command.add_option("--slots", scheduler.slots, "Answers written at a time")
        ->check(whole_number_within(1, 256))
        ->capture_default_str();
    command.add_option("--ctx", scheduler.context_tokens, "Tokens of each slot, prompt and answer together")
        ->check(whole_number_within(16, kLargestCount))
        ->capture_default_str();
    command.add_option("--batch", scheduler.batch_tokens, "Most tokens of one decode")
        ->check(whole_number_within(1, 65536))
        ->capture_default_str();
    command.add_option("--queue", scheduler.queue_limit, "Requests that may wait for a slot; others get status 429")
        ->check(whole_number_within(0, 100000))
        ->capture_default_str();
}

void add_monitoring_options(CLI::App& command, server::ServingOptions& serving) {
    command.add_flag_callback(
        "--monitor", [&serving] { serving.monitor = server::Monitor::all; },
        "Measure every steered answer along its concepts for /metrics; default: those of rollouts alone");
    add_webhook_option(command, serving);
}

}  // namespace

void add_serve_command(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<ServeOptions>();
    CLI::App& command = add_command(app, "serve", "Answers OpenAI's HTTP API; every request chooses its concepts",
                                    "contrans serve --model gemma.gguf --vectors vectors --port 8080");
    add_config_options(command, options->operation);
    command.add_option("--model", options->model, "Model (GGUF); required");
    command.add_option("--vectors", options->serving.vectors, "Folder of control vectors that requests may name");
    command.add_option("--alias", options->serving.aliases, "Another name of the model; several may be given")
        ->allow_extra_args(false);
    command.add_flag_callback(
        "--any-dose", [options] { options->serving.dose_rule = DoseRule::any; },
        "Take doses outside of a vector's tested range");
    command.add_option("--layer-numbering", options->numbering, "Of other engines' vectors: as-written or one-late")
        ->capture_default_str();
    add_scheduler_options(command, options->serving.scheduler);
    add_http_options(command, options->operation, options->serving);
    add_audit_options(command, options->operation, options->serving);
    add_monitoring_options(command, options->serving);
    command.callback([&line, &command, options] {
        line.run = [&command, options](Session& session) { return run_serve(command, *options, session); };
    });
}

}  // namespace contrans::cli
