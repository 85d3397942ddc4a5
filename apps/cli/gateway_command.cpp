#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/config_file.h"
#include "apps/cli/operation_choices.h"
#include "apps/cli/reload_signal.h"
#include "apps/cli/session.h"
#include "apps/gateway/engine_choice.h"
#include "apps/gateway/gateway.h"
#include "contrans/core/error.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct GatewayChoices {
    OperationChoices operation;
    gateway::GatewayOptions options;
};

/// Everything that starting would refuse, but for the port.
ExitCode check_config(const gateway::GatewayOptions& options, const Session& session) {
    const gateway::Upstreams upstreams = gateway::read_upstreams(options.upstreams);
    session.show(
        Json{{"model", upstreams.model}, {"engines", upstreams.engines.size()}, {"keys", !options.keys.none()}},
        "the configuration holds: " + upstreams.model + ", engines " + gateway::mixes_text(upstreams) + ", " +
            (options.keys.none() ? "no keys" : "keys") + "\n");
    return ExitCode::done;
}

/// The one line on stdout that scripts wait for.
void show(const gateway::Listening& listening, bool keys, const Session& session) {
    warn_if_open(listening.loopback, keys, session);
    session.show(
        Json{{"url", "http://" + listening.address}, {"model", listening.model}, {"engines", listening.engines}},
        "listening on http://" + listening.address + "\n");
}

ExitCode run_gateway(CLI::App& command, GatewayChoices& choices, Session& session) {
    if (!choices.operation.config.empty()) apply_config_file(command, choices.operation.config);
    if (choices.options.upstreams.empty())
        throw Error(ErrorKind::argument, "--upstreams is required, here or in --config's file");
    gateway::GatewayOptions options = choices.options;
    complete(options, choices.operation, session);
    if (choices.operation.wish == OperationChoices::Wish::check) return check_config(options, session);
    watch_for_reload();
    gateway::run_gateway(options, session.context().stop,
                         [&](const gateway::Listening& listening) { show(listening, !options.keys.none(), session); });
    return ExitCode::done;
}

}  // namespace

void add_gateway_command(CLI::App& app, CommandLine& line) {
    auto choices = std::make_shared<GatewayChoices>();
    CLI::App& command =
        add_command(app, "gateway", "Rollouts over OpenAI-compatible engines elsewhere, each with a mix of its own",
                    "contrans gateway --upstreams upstreams.json --registry registry --port 8080");
    add_config_options(command, choices->operation);
    command.add_option("--upstreams", choices->options.upstreams,
                       "File of the engines and the concepts that each has built in (JSON); required");
    add_http_options(command, choices->operation, choices->options);
    add_audit_options(command, choices->operation, choices->options);
    add_webhook_option(command, choices->options);
    command.callback([&line, &command, choices] {
        line.run = [&command, choices](Session& session) { return run_gateway(command, *choices, session); };
    });
}

}  // namespace contrans::cli
