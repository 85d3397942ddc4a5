#include "apps/server/serving.h"

#include <thread>

#include "apps/server/error_answer.h"
#include "apps/server/operation_parts.h"
#include "apps/server/reload.h"
#include "apps/server/routes.h"
#include "apps/server/shelf_arms.h"
#include "contrans/runtime/chat_format.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {
namespace {

std::vector<std::string> names_of(const Model& model, const std::vector<std::string>& aliases) {
    std::vector<std::string> names = aliases;
    names.push_back(model.file().stem().string());
    return names;
}

Listening described(const HttpServer& server, const Service& service) {
    Listening listening{server.address(), service.rules.model_names.front(), {}, server.loopback()};
    for (const auto& served : service.shelf.list()) listening.concepts.push_back(served->name);
    return listening;
}

std::unique_ptr<ServingPersonas> open_personas(const ServingOptions& options) {
    if (options.registry.empty()) return nullptr;
    return std::make_unique<ServingPersonas>(ServingPersonas::Options{options.registry});
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
    const ShelfArms arms(
        shelf, [&audit](const ServedConcept& served) { return audit->version_name_of(served); }, options.dose_rule);
    const std::unique_ptr<ServingRollouts> rollouts = open_rollouts(options, arms, log, webhooks);
    const std::unique_ptr<ServingPersonas> personas = open_personas(options);
    ServerMetrics metrics;
    Scheduler scheduler(model, options.scheduler);
    KeyRing keys(options.keys);
    const Operation operation{keys, log, metrics, {}, audit.get(), stop, rollouts.get(), &webhooks};
    Service service{operation, model, shelf, scheduler, chat, {}, options.dose_rule, options.vectors, options.monitor};
    service.rules = {names_of(*model, options.aliases), model->vocabulary_size(), options.longest_time};

    const Router router(service, routes_to(&service));
    HttpServer server(
        options.http, [&router](Exchange& exchange) { router.serve(exchange); },
        [](const RequestError& error) { return error_response(error); });
    service.connections = [&server] { return server.open_connections(); };
    service.personas = personas.get();
    webhooks.begin(server_name(server));
    if (audit) audit->record_start(service.rules.model_names.front(), server.address(), shelf);
    on_listening(described(server, service));
    const std::jthread drainer([&] {
        wait_for(stop);
        scheduler.drain(options.drain_time);
    });
    const Reloadable reloadable{options.key_file, options.vectors, keys, shelf, audit.get()};
    const std::jthread reloader([&](const std::stop_token& end) {
        reload_when_told(
            end, options, [&reloadable] { return reload(reloadable); }, log);
    });
    server.run(stop);
    if (audit) audit->record_end();
}

}  // namespace contrans::server
