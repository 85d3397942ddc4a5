#include <string>

#include "apps/server/error_answer.h"
#include "apps/server/persona_json.h"
#include "apps/server/registry_step.h"
#include "apps/server/router.h"
#include "apps/server/routes.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

ServingPersonas& personas_of(const Service& service) {
    if (service.personas != nullptr) return *service.personas;
    throw no_registry();
}

template <class Step>
void change(const Service& service, const Step& step) {
    take_step("persona_refused", [&] { personas_of(service).with_store(step); });
}

VersionReference wanted(const Exchange& exchange) {
    try {
        return parse_persona_reference(exchange.name());
    } catch (const Error& error) {
        throw RequestError(404, "invalid_request_error", "name", error.what(), "persona_not_found");
    }
}

RequestError not_found(const VersionReference& reference) {
    const std::string name = reference.version == 0 ? reference.name : version_name(reference.name, reference.version);
    return {404, "invalid_request_error", "name", "there is no persona " + in_quotes(name), "persona_not_found"};
}

/// One version with a line for each there is, newest first.
Json with_versions(const PersonaVersion& shown, const std::vector<PersonaVersion>& all) {
    Json json = persona_json(shown);
    json["versions"] = Json::array();
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
        json["versions"].push_back({{"version", each->version},
                                    {"author", each->author},
                                    {"saved", time_text(each->saved)},
                                    {"note", each->persona.note}});
    }
    return json;
}

/// Each persona's newest version. @param all  by name and number
Json newest_json(const std::vector<PersonaVersion>& all) {
    Json list = Json::array();
    std::vector<PersonaVersion> same;
    for (std::size_t i = 0; i < all.size(); ++i) {
        same.push_back(all[i]);
        if (i + 1 < all.size() && all[i + 1].persona.name == all[i].persona.name) continue;
        list.push_back(with_versions(all[i], same));
        same.clear();
    }
    return list;
}

}  // namespace

void list_personas(const Service& service, Exchange& exchange, RequestRecord&) {
    Json list;
    personas_of(service).look([&](PersonaStore& store) { list = newest_json(store.list()); });
    exchange.respond({200, dump(Json{{"object", "list"}, {"data", std::move(list)}}) + "\n"});
}

void show_persona(const Service& service, Exchange& exchange, RequestRecord&) {
    const VersionReference reference = wanted(exchange);
    Json json;
    personas_of(service).look([&](PersonaStore& store) {
        const auto shown = store.find(reference);
        if (!shown) throw not_found(reference);
        json = with_versions(*shown, store.versions(shown->persona.name));
    });
    exchange.respond({200, dump(json) + "\n"});
}

void save_persona(const Service& service, Exchange& exchange, RequestRecord& record) {
    (void)parse_body(exchange.request().body);  // its rules for bodies hold for personas too
    Persona persona;
    try {
        persona = parse_persona(exchange.request().body, "body");
    } catch (const Error& error) {
        throw RequestError(400, "invalid_request_error", "", error.what());
    }
    Json json;
    change(service, [&](PersonaStore& store) {
        const PersonaVersion saved = store.save(persona, actor_of(record));
        json = with_versions(saved, store.versions(saved.persona.name));
    });
    exchange.respond({201, dump(json) + "\n"});
}

void remove_persona(const Service& service, Exchange& exchange, RequestRecord& record) {
    const VersionReference reference = wanted(exchange);
    std::size_t removed = 0;
    change(service, [&](PersonaStore& store) {
        if (!store.find(reference)) throw not_found(reference);
        removed = store.remove(reference, actor_of(record)).size();
    });
    exchange.respond({200, dump(Json{{"name", reference.name}, {"object", "persona"}, {"removed", removed}}) + "\n"});
}

}  // namespace contrans::server
