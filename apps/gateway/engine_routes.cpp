#include <algorithm>

#include "apps/gateway/engine_choice.h"
#include "apps/gateway/routes.h"
#include "apps/server/json_body.h"
#include "apps/server/request_error.h"
#include "contrans/core/shortest_number.h"
#include "contrans/core/utf8.h"
#include "contrans/core/version.h"

namespace contrans::gateway {
namespace {

using server::Json;
using server::RequestError;

void respond(server::Exchange& exchange, const Json& json, int status = 200) {
    exchange.respond({status, server::dump(json) + "\n"});
}

/// As clients may choose the engine: "gemma+polite@0.3+brief@0.2".
std::string name_of(const Upstreams& upstreams, const Engine& engine) {
    std::string name = upstreams.model;
    for (const PlannedConcept& each : engine.mix) name += "+" + each.name + "@" + shortest_number(each.dose);
    return name;
}

Json model_json(const Upstreams& upstreams, const Engine& engine) {
    return {{"id", name_of(upstreams, engine)},
            {"object", "model"},
            {"created", 0},
            {"owned_by", "contrans"},
            {"contrans", {{"engine", engine.name}, {"mix", mix_text(engine.mix)}, {"version", kVersion}}}};
}

/// One entry for each engine that has the concept: {"engine", "dose", "version", "beside"}.
Json concept_json(const Upstreams& upstreams, const std::string& name) {
    Json engines = Json::array();
    for (const Engine& engine : upstreams.engines) {
        const auto found = std::ranges::find(engine.mix, name, &PlannedConcept::name);
        if (found == engine.mix.end()) continue;
        Json beside = Json::array();
        for (const PlannedConcept& each : engine.mix) {
            if (each.name != name) beside.push_back(each.name);
        }
        engines.push_back({{"engine", engine.name},
                           {"dose", found->dose},
                           {"version", found->version == 0 ? Json() : Json(found->version)},
                           {"beside", std::move(beside)}});
    }
    return {{"name", name}, {"object", "concept"}, {"engines", std::move(engines)}};
}

std::vector<std::string> concept_names(const Upstreams& upstreams) {
    std::vector<std::string> names;
    for (const Engine& engine : upstreams.engines) {
        for (const PlannedConcept& each : engine.mix) names.push_back(each.name);
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

/// "ok"; "degraded": some engines are down; "unavailable": the plain one is.
std::string status_of(const std::vector<EngineHealth::State>& states, const std::string& plain) {
    const auto down = [](const EngineHealth::State& state) { return !state.up(); };
    if (std::ranges::none_of(states, down)) return "ok";
    const auto own = std::ranges::find(states, plain, &EngineHealth::State::name);
    return own != states.end() && down(*own) ? "unavailable" : "degraded";
}

}  // namespace

void list_models(const GatewayService& service, server::Exchange& exchange, server::RequestRecord&) {
    const auto upstreams = service.engines.current();
    Json data = Json::array();
    for (const Engine& engine : upstreams->engines) data.push_back(model_json(*upstreams, engine));
    respond(exchange, {{"object", "list"}, {"data", std::move(data)}});
}

void show_model(const GatewayService& service, server::Exchange& exchange, server::RequestRecord&) {
    const auto upstreams = service.engines.current();
    const auto found = std::ranges::find_if(
        upstreams->engines, [&](const Engine& engine) { return name_of(*upstreams, engine) == exchange.name(); });
    if (found != upstreams->engines.end()) return respond(exchange, model_json(*upstreams, *found));
    throw RequestError(404, "invalid_request_error", "model", "there is no model " + in_quotes(exchange.name()),
                       "model_not_found");
}

void list_concepts(const GatewayService& service, server::Exchange& exchange, server::RequestRecord&) {
    const auto upstreams = service.engines.current();
    Json data = Json::array();
    for (const std::string& name : concept_names(*upstreams)) data.push_back(concept_json(*upstreams, name));
    respond(exchange, {{"object", "list"}, {"data", std::move(data)}});
}

void show_concept(const GatewayService& service, server::Exchange& exchange, server::RequestRecord&) {
    Json json = concept_json(*service.engines.current(), exchange.name());
    if (!json["engines"].empty()) return respond(exchange, json);
    throw RequestError(404, "invalid_request_error", "name", "no engine has a concept " + in_quotes(exchange.name()),
                       "concept_not_found");
}

void show_health(const GatewayService& service, server::Exchange& exchange, server::RequestRecord&) {
    const std::vector<EngineHealth::State> states = service.health.states();
    const std::string status = status_of(states, plain_engine(*service.engines.current()).name);
    Json json = {{"status", status}, {"engines", Json::array()}};
    for (const EngineHealth::State& state : states) {
        json["engines"].push_back(
            {{"name", state.name}, {"up", state.up()}, {"trouble", state.up() ? Json() : Json(state.trouble)}});
    }
    respond(exchange, json, status == "unavailable" ? 503 : 200);
}

void show_metrics(const GatewayService& service, server::Exchange& exchange, server::RequestRecord&) {
    server::ScrapedState state;
    state.connections = service.connections();
    if (service.rollouts != nullptr) state.rollouts = service.rollouts->sights();
    if (service.webhooks != nullptr) state.webhooks = service.webhooks->counts();
    for (const EngineHealth::State& each : service.health.states()) state.engines.push_back({each.name, each.up()});
    exchange.respond({200, service.metrics.text(state), "text/plain; version=0.0.4; charset=utf-8"});
}

}  // namespace contrans::gateway
