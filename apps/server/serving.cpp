#include "apps/server/serving.h"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "apps/server/error_answer.h"
#include "apps/server/reload.h"
#include "apps/server/router.h"
#include "contrans/runtime/chat_format.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {
namespace {

std::vector<std::string> names_of(const Model& model, const std::vector<std::string>& aliases) {
    std::vector<std::string> names = aliases;
    names.push_back(model.file().stem().string());
    return names;
}

void wait_for(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [] { return false; });
}

constexpr std::chrono::milliseconds kReloadPoll{100};

/// What cannot be read changes nothing, and is said.
void reload_when_told(const std::stop_token& stop, const ServingOptions& options, const Reloadable& server,
                      RequestLog& log) {
    while (options.reload_wanted && !stop.stop_requested()) {
        std::this_thread::sleep_for(kReloadPoll);
        if (!options.reload_wanted()) continue;
        try {
            log.note("reloaded: " + reload(server));
        } catch (const std::exception& error) {
            log.trouble(std::string("not reloaded: ") + error.what());
        }
    }
}

Listening described(const HttpServer& server, const Service& service) {
    Listening listening{server.address(), service.rules.model_names.front(), {}, server.loopback()};
    for (const auto& served : service.shelf.list()) listening.concepts.push_back(served->name);
    return listening;
}

WebhookOptions webhook_options(const ServingOptions& options, RequestLog& log) {
    WebhookOptions webhooks = options.webhooks;
    webhooks.on_trouble = [&log](const std::string& text) { log.trouble(text); };
    return webhooks;
}

/// For people who run several: "host 127.0.0.1:8080".
std::string server_name(const HttpServer& server) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return std::string(host.data()) + " " + server.address();
}

std::unique_ptr<ServingAudit> open_audit(const ServingOptions& options, RequestLog& log, Webhooks& webhooks) {
    if (options.registry.empty()) return nullptr;
    return std::make_unique<ServingAudit>(options.registry, options.actor, options.audited_text,
                                          [&log, &webhooks](const std::string& text) {
                                              log.trouble(text);
                                              webhooks.send({AlertEvent::audit_behind, "", "", text, system_time()});
                                          });
}

std::unique_ptr<ServingRollouts> open_rollouts(const ServingOptions& options, const ConceptShelf& shelf,
                                               ServingAudit* audit, RequestLog& log, Webhooks& webhooks) {
    if (audit == nullptr) return nullptr;
    return std::make_unique<ServingRollouts>(
        shelf, ServingRollouts::Options{options.registry, options.dose_rule,
                                        [audit](const ServedConcept& served) { return audit->version_name_of(served); },
                                        [&log](const std::string& text) { log.trouble(text); },
                                        [&webhooks](const Alert& alert) { webhooks.send(alert); }});
}

}  // namespace

void serve(const std::shared_ptr<const Model>& model, const ServingOptions& options, const std::stop_token& stop,
           const std::function<void(const Listening&)>& on_listening) {
    ConceptShelf shelf(model, options.identity_policy, options.numbering);
    if (!options.vectors.empty()) shelf.load_folder(options.vectors);
    const ChatFormat chat(model);
    RequestLog log(options.log);
    Webhooks webhooks(webhook_options(options, log));
    const std::unique_ptr<ServingAudit> audit = open_audit(options, log, webhooks);
    const std::unique_ptr<ServingRollouts> rollouts = open_rollouts(options, shelf, audit.get(), log, webhooks);
    ServerMetrics metrics;
    Scheduler scheduler(model, options.scheduler);
    KeyRing keys(options.keys);
    Service service{model, shelf, scheduler, chat, keys, {}, options.dose_rule, options.vectors, log, metrics, {}};
    service.rules = {names_of(*model, options.aliases), model->vocabulary_size(), options.longest_time};

    HttpServer server(
        options.http, [&service](Exchange& exchange) { serve_request(service, exchange); },
        [](const RequestError& error) { return error_response(error); });
    service.connections = [&server] { return server.open_connections(); };
    service.audit = audit.get();
    service.stop = stop;
    service.rollouts = rollouts.get();
    service.monitor = options.monitor;
    service.webhooks = &webhooks;
    webhooks.begin(server_name(server));
    if (audit) audit->record_start(service.rules.model_names.front(), server.address(), shelf);
    on_listening(described(server, service));
    const std::jthread drainer([&] {
        wait_for(stop);
        scheduler.drain(options.drain_time);
    });
    const Reloadable reloadable{options.key_file, options.vectors, keys, shelf, audit.get()};
    const std::jthread reloader([&](const std::stop_token& end) { reload_when_told(end, options, reloadable, log); });
    server.run(stop);
    if (audit) audit->record_end();
}

}  // namespace contrans::server
