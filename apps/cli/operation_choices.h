#pragma once

#include <string>

#include "apps/cli/registry_folder.h"
#include "apps/server/operation_options.h"

namespace CLI {
class App;
}

namespace contrans::cli {

class Session;

/// How a server is run, as `serve` and `gateway` take it.
struct OperationChoices {
    enum class Wish { serve, check } wish = Wish::serve;
    std::string config;
    std::string key_file;
    double time_limit = 600;  // seconds
    double drain_time = 30;
    RegistryChoice registry;  // --registry alone chooses one: no audit log is kept by default
};

// Each adds a group of options, in the order of --help. What is written into `options` at once needs no completing.
void add_config_options(CLI::App& command, OperationChoices& choices);
void add_http_options(CLI::App& command, OperationChoices& choices, server::OperationOptions& options);
void add_audit_options(CLI::App& command, OperationChoices& choices, server::OperationOptions& options);
void add_webhook_option(CLI::App& command, server::OperationOptions& options);

/// The rest, with the keys read. Throws what ApiKeys::read throws, and parse_http_url for a webhook.
void complete(server::OperationOptions& options, const OperationChoices& choices, const Session& session);

/// Said where others than this machine may reach a server without keys.
void warn_if_open(bool loopback, bool keys, const Session& session);

}  // namespace contrans::cli
