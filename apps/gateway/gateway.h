#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "apps/server/operation_options.h"

namespace contrans::gateway {

struct GatewayOptions : server::OperationOptions {
    std::filesystem::path upstreams;  ///< the file of engines, which a reload reads anew
};

/// What clients need to know.
struct Listening {
    std::string address;  ///< "127.0.0.1:8080"
    std::string model;
    std::vector<std::string> engines;
    bool loopback = true;
};

/// Serves until the stop; then no connection is taken, running answers may end within drain_time and those left are
/// ended; the audit log is written to its end. Throws what read_upstreams, ServingAudit and HttpServer throw before it
/// listens; engines that are down do not keep it from that.
/// @param on_listening  called once, when clients may connect
void run_gateway(const GatewayOptions& options, const std::stop_token& stop,
                 const std::function<void(const Listening&)>& on_listening);

}  // namespace contrans::gateway
