#include "apps/server/operation_parts.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace contrans::server {
namespace {

constexpr std::chrono::milliseconds kReloadPoll{100};

}  // namespace

WebhookOptions webhook_options(const OperationOptions& options, RequestLog& log) {
    WebhookOptions webhooks = options.webhooks;
    webhooks.on_trouble = [&log](const std::string& text) { log.trouble(text); };
    return webhooks;
}

std::unique_ptr<ServingAudit> open_audit(const OperationOptions& options, RequestLog& log, Webhooks& webhooks) {
    if (options.registry.empty()) return nullptr;
    return std::make_unique<ServingAudit>(options.registry, options.actor, options.audited_text,
                                          [&log, &webhooks](const std::string& text) {
                                              log.trouble(text);
                                              webhooks.send({AlertEvent::audit_behind, "", "", text, system_time()});
                                          });
}

std::unique_ptr<ServingRollouts> open_rollouts(const OperationOptions& options, const ArmSource& arms, RequestLog& log,
                                               Webhooks& webhooks) {
    if (options.registry.empty()) return nullptr;
    return std::make_unique<ServingRollouts>(
        arms, ServingRollouts::Options{options.registry, [&log](const std::string& text) { log.trouble(text); },
                                       [&webhooks](const Alert& alert) { webhooks.send(alert); }});
}

std::string server_name(const HttpServer& server) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return std::string(host.data()) + " " + server.address();
}

void wait_for(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [] { return false; });
}

void reload_when_told(const std::stop_token& end, const OperationOptions& options,
                      const std::function<std::string()>& reload, RequestLog& log) {
    while (options.reload_wanted && !end.stop_requested()) {
        std::this_thread::sleep_for(kReloadPoll);
        if (!options.reload_wanted()) continue;
        try {
            log.note("reloaded: " + reload());
        } catch (const std::exception& error) {
            log.trouble(std::string("not reloaded: ") + error.what());
        }
    }
}

}  // namespace contrans::server
