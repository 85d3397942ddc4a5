#include <algorithm>

#include "apps/server/json_body.h"
#include "apps/server/request_error.h"
#include "apps/server/routes.h"
#include "contrans/core/model_identity.h"
#include "contrans/core/utf8.h"
#include "contrans/core/version.h"

namespace contrans::server {
namespace {

Json model_json(const Service& service, const std::string& name) {
    const ModelIdentity& identity = service.model->identity();
    return {{"id", name},
            {"object", "model"},
            {"created", 0},
            {"owned_by", "contrans"},
            {"contrans",
             {{"architecture", identity.architecture},
              {"fingerprint", identity.fingerprint},
              {"layers", identity.n_layers},
              {"width", identity.d_model},
              {"context", service.scheduler.options().context_tokens},
              {"chat_template", service.chat.has_template()},
              {"version", kVersion}}}};
}

/// The model's names, and each concept's as clients may choose it.
std::vector<std::string> model_names(const Service& service) {
    std::vector<std::string> names = service.rules.model_names;
    for (const auto& served : service.shelf.list())
        names.push_back(service.rules.model_names.front() + "+" + served->name);
    return names;
}

}  // namespace

void list_models(const Service& service, Exchange& exchange, RequestRecord&) {
    Json data = Json::array();
    for (const std::string& name : model_names(service)) data.push_back(model_json(service, name));
    const Json list = {{"object", "list"}, {"data", std::move(data)}};
    exchange.respond({200, dump(list) + "\n"});
}

void show_model(const Service& service, Exchange& exchange, RequestRecord&) {
    const std::string& name = exchange.name();
    const std::vector<std::string> names = model_names(service);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw RequestError(404, "invalid_request_error", "model", "there is no model " + in_quotes(name),
                           "model_not_found");
    }
    exchange.respond({200, dump(model_json(service, name)) + "\n"});
}

void show_health(const Service&, Exchange& exchange, RequestRecord&) {
    const Json health = {{"status", "ok"}};
    exchange.respond({200, dump(health) + "\n"});
}

void show_metrics(const Service& service, Exchange& exchange, RequestRecord&) {
    ScrapedState state{service.scheduler.stats(), service.connections(), {}, {}, {}};
    if (service.rollouts != nullptr) state.rollouts = service.rollouts->sights();
    if (service.webhooks != nullptr) state.webhooks = service.webhooks->counts();
    exchange.respond({200, service.metrics.text(state), "text/plain; version=0.0.4; charset=utf-8"});
}

}  // namespace contrans::server
