#include "apps/cli/operation_choices.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>

#include "apps/cli/number_checks.h"
#include "apps/cli/reload_signal.h"
#include "apps/cli/session.h"
#include "apps/http/http_request.h"

namespace contrans::cli {
namespace {

std::chrono::milliseconds milliseconds_of(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

void add_config_options(CLI::App& command, OperationChoices& choices) {
    command
        .add_option("--config", choices.config,
                    "File of these options, a line each: name = value; what is typed goes before")
        ->configurable(false);
    command
        .add_flag_callback(
            "--check-config", [&choices] { choices.wish = OperationChoices::Wish::check; },
            "Read all that starting would read, say whether it holds, and end")
        ->configurable(false);
}

void add_http_options(CLI::App& command, OperationChoices& choices, server::OperationOptions& options) {
    server::HttpServerOptions& http = options.http;
    http.port = 8080;
    command.add_option("--host", http.host, "Address to listen on; 0.0.0.0: all")->capture_default_str();
    command.add_option("--port", http.port, "0: a free one")
        ->check(whole_number_within(0, 65535))
        ->capture_default_str();
    command.add_option("--api-key-file", choices.key_file,
                       "Lines of ROLE KEY [NAME], ROLE call, load or administer; without it no key is asked for");
    command.add_option("--max-body", http.limits.body_bytes, "Most bytes of a request's body")
        ->check(whole_number_within(1024, kLargestCount))
        ->capture_default_str();
    command.add_option("--connections", http.connections, "Open connections at a time")
        ->check(whole_number_within(1, 10000))
        ->capture_default_str();
    command.add_option("--time-limit", choices.time_limit, "Seconds that one answer may take")
        ->check(number_within(0.1, 86400))
        ->capture_default_str();
    command.add_option("--drain-time", choices.drain_time, "Seconds for running answers to end after SIGTERM")
        ->check(number_within(0, 3600))
        ->capture_default_str();
}

void add_audit_options(CLI::App& command, OperationChoices& choices, server::OperationOptions& options) {
    command.add_option("--registry", choices.registry.folder,
                       "Registry whose audit log gets a record of every request and every concept loaded or unloaded; "
                       "default: none is kept");
    command.add_option("--actor", choices.registry.actor,
                       "Who is named in the server's own records; default: the user who runs this");
    command.add_flag_callback(
        "--audit-prompts", [&options] { options.audited_text = server::AuditedText::prompts; },
        "Keep the prompts in the audit log, up to 10,000 bytes each");
}

void add_webhook_option(CLI::App& command, server::OperationOptions& options) {
    command
        .add_option("--webhook", options.webhooks.urls,
                    "http:// URL that is told of alarms, drift and steps of rollouts; several may be given")
        ->allow_extra_args(false);
}

void complete(server::OperationOptions& options, const OperationChoices& choices, const Session& session) {
    if (!choices.key_file.empty()) options.keys = server::ApiKeys::read(choices.key_file);
    options.key_file = choices.key_file;
    options.reload_wanted = &take_reload_wish;
    options.longest_time = milliseconds_of(choices.time_limit);
    options.drain_time = milliseconds_of(choices.drain_time);
    options.registry = choices.registry.folder;
    options.actor = actor_of(choices.registry);
    if (session.options().quiet) options.log = server::LogTarget::none;
    for (const std::string& url : options.webhooks.urls) (void)parse_http_url(url, "--webhook");
}

void warn_if_open(bool loopback, bool keys, const Session& session) {
    if (loopback || keys) return;
    session.note("others than this machine may reach the server, and --api-key-file was not given");
}

}  // namespace contrans::cli
