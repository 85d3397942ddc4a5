#include "apps/gateway/gateway.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "apps/gateway/engine_choice.h"
#include "apps/gateway/routes.h"
#include "apps/server/error_answer.h"
#include "apps/server/operation_parts.h"

namespace contrans::gateway {
namespace {

/// All is read before anything changes.
std::string reload(const GatewayOptions& options, EngineTable& engines, server::KeyRing& keys,
                   server::ServingAudit* audit) {
    std::optional<server::ApiKeys> fresh;
    if (!options.key_file.empty()) fresh = server::ApiKeys::read(options.key_file);
    Upstreams upstreams = read_upstreams(options.upstreams);
    const std::string mixes = mixes_text(upstreams);
    if (audit != nullptr) audit->record_own("gateway.reload", "engines " + mixes);
    engines.replace(std::move(upstreams));
    if (fresh) keys.replace(std::move(*fresh));
    return "engines " + mixes + (fresh ? "; keys read" : "");
}

Listening described(const server::HttpServer& server, const Upstreams& upstreams) {
    Listening listening{server.address(), upstreams.model, {}, server.loopback()};
    for (const Engine& engine : upstreams.engines) listening.engines.push_back(engine.name);
    return listening;
}

/// Asks running answers to end a while after the stop.
void end_after(const std::stop_token& stop, const std::stop_token& all_ended, std::chrono::milliseconds time,
               std::stop_source& ending) {
    server::wait_for(stop);
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    (void)changed.wait_for(lock, all_ended, time, [] { return false; });
    ending.request_stop();
}

}  // namespace

void run_gateway(const GatewayOptions& options, const std::stop_token& stop,
                 const std::function<void(const Listening&)>& on_listening) {
    EngineTable engines(read_upstreams(options.upstreams));
    server::RequestLog log(options.log);
    server::Webhooks webhooks(server::webhook_options(options, log));
    const auto audit = server::open_audit(options, log, webhooks);
    const auto rollouts = server::open_rollouts(options, engines, log, webhooks);
    server::ServerMetrics metrics;
    server::KeyRing keys(options.keys);
    const EngineHealth health(engines, [&log](const std::string& text) { log.note(text); });
    std::stop_source ending;
    const server::Operation operation{keys, log, metrics, {}, audit.get(), stop, rollouts.get(), &webhooks};
    GatewayService service{operation, engines, health, options.longest_time, ending.get_token()};

    const server::Router router(service, routes_to(service));
    server::HttpServer server(
        options.http, [&router](server::Exchange& exchange) { router.serve(exchange); },
        [](const server::RequestError& error) { return server::error_response(error); });
    service.connections = [&server] { return server.open_connections(); };
    webhooks.begin(server::server_name(server));
    const auto first = engines.current();
    if (audit) {
        audit->record_own("gateway.start",
                          "model=" + first->model + " address=" + server.address() + " engines " + mixes_text(*first));
    }
    on_listening(described(server, *first));
    const std::jthread drainer(
        [&](const std::stop_token& all_ended) { end_after(stop, all_ended, options.drain_time, ending); });
    const std::jthread reloader([&](const std::stop_token& end) {
        server::reload_when_told(
            end, options, [&] { return reload(options, engines, keys, audit.get()); }, log);
    });
    server.run(stop);
    if (audit) audit->record_end("gateway.end");
}

}  // namespace contrans::gateway
