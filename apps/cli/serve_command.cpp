#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/config_file.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/registry_folder.h"
#include "apps/cli/reload_signal.h"
#include "apps/cli/session.h"
#include "apps/cli/vector_plan.h"
#include "apps/http/http_request.h"
#include "apps/server/serving.h"
#include "contrans/core/error.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

enum class Wish { serve, check };

struct ServeOptions {
    Wish wish = Wish::serve;
    std::string config;
    std::string model;
    std::string key_file;
    std::string numbering = "as-written";
    double time_limit = 600;  // seconds
    double drain_time = 30;
    RegistryChoice registry;  // --registry alone chooses one: no audit log is kept by default
    server::ServingOptions serving;
};

server::ServingOptions serving_options(const ServeOptions& options, const Session& session) {
    server::ServingOptions serving = options.serving;
    if (!options.key_file.empty()) serving.keys = server::ApiKeys::read(options.key_file);
    serving.key_file = options.key_file;
    serving.reload_wanted = &take_reload_wish;
    if (!serving.vectors.empty() && !std::filesystem::is_directory(serving.vectors)) {
        throw Error(ErrorKind::io, "--vectors: no folder: " + serving.vectors.string());
    }
    serving.scheduler.threads = session.options().threads;
    serving.identity_policy = session.identity_policy();
    serving.numbering = parse_numbering(options.numbering);
    serving.longest_time = std::chrono::milliseconds(static_cast<std::int64_t>(options.time_limit * 1000));
    serving.drain_time = std::chrono::milliseconds(static_cast<std::int64_t>(options.drain_time * 1000));
    serving.registry = options.registry.folder;
    serving.actor = actor_of(options.registry);
    if (session.options().quiet) serving.log = server::LogTarget::none;
    return serving;
}

/// The one line on stdout that scripts wait for.
void show(const server::Listening& listening, bool keys, const Session& session) {
    if (!listening.loopback && !keys) {
        session.note("others than this machine may reach the server, and --api-key-file was not given");
    }
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

/// Refused before a model is loaded.
void require_webhooks(const server::WebhookOptions& webhooks) {
    for (const std::string& url : webhooks.urls) (void)parse_http_url(url, "--webhook");
}

ExitCode run_serve(CLI::App& command, ServeOptions& options, Session& session) {
    if (!options.config.empty()) apply_config_file(command, options.config);
    if (options.model.empty()) throw Error(ErrorKind::argument, "--model is required, here or in --config's file");
    const server::ServingOptions serving = serving_options(options, session);
    require_webhooks(serving.webhooks);
    // Writing answers is bound by memory: the file's own weights are the fastest.
    const auto model = open_model(session, options.model, WeightMode::keep);
    if (options.wish == Wish::check) return check_config(model, serving, session);
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

void add_http_options(CLI::App& command, ServeOptions& options) {
    server::HttpServerOptions& http = options.serving.http;
    http.port = 8080;
    command.add_option("--host", http.host, "Address to listen on; 0.0.0.0: all")->capture_default_str();
    command.add_option("--port", http.port, "0: a free one")
        ->check(whole_number_within(0, 65535))
        ->capture_default_str();
    command.add_option("--api-key-file", options.key_file,
                       "Lines of ROLE KEY [NAME], ROLE call, load or administer; without it no key is asked for");
    command.add_option("--max-body", http.limits.body_bytes, "Most bytes of a request's body")
        ->check(whole_number_within(1024, kLargestCount))
        ->capture_default_str();
    command.add_option("--connections", http.connections, "Open connections at a time")
        ->check(whole_number_within(1, 10000))
        ->capture_default_str();
    command.add_option("--time-limit", options.time_limit, "Seconds that one answer may take")
        ->check(number_within(0.1, 86400))
        ->capture_default_str();
    command.add_option("--drain-time", options.drain_time, "Seconds for running answers to end after SIGTERM")
        ->check(number_within(0, 3600))
        ->capture_default_str();
}

void add_audit_options(CLI::App& command, ServeOptions& options) {
    command.add_option("--registry", options.registry.folder,
                       "Registry whose audit log gets a record of every request and every concept loaded or unloaded; "
                       "default: none is kept");
    command.add_option("--actor", options.registry.actor,
                       "Who is named in the server's own records; default: the user who runs this");
    command.add_flag_callback(
        "--audit-prompts", [&options] { options.serving.audited_text = server::AuditedText::prompts; },
        "Keep the prompts in the audit log, up to 10,000 bytes each");
}

void add_monitoring_options(CLI::App& command, server::ServingOptions& serving) {
    command.add_flag_callback(
        "--monitor", [&serving] { serving.monitor = server::Monitor::all; },
        "Measure every steered answer along its concepts for /metrics; default: those of rollouts alone");
    command
        .add_option("--webhook", serving.webhooks.urls,
                    "http:// URL that is told of alarms, drift and steps of rollouts; several may be given")
        ->allow_extra_args(false);
}

}  // namespace

void add_serve_command(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<ServeOptions>();
    CLI::App& command = add_command(app, "serve", "Answers OpenAI's HTTP API; every request chooses its concepts",
                                    "contrans serve --model gemma.gguf --vectors vectors --port 8080");
    command
        .add_option("--config", options->config,
                    "File of these options, a line each: name = value; what is typed goes before")
        ->configurable(false);
    command
        .add_flag_callback(
            "--check-config", [options] { options->wish = Wish::check; },
            "Read all that starting would read, say whether it holds, and end")
        ->configurable(false);
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
    add_http_options(command, *options);
    add_audit_options(command, *options);
    add_monitoring_options(command, options->serving);
    command.callback([&line, &command, options] {
        line.run = [&command, options](Session& session) { return run_serve(command, *options, session); };
    });
}

}  // namespace contrans::cli
