#include "apps/server/chosen_persona.h"

#include "apps/server/concept_fields.h"
#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/persona.h"

namespace contrans::server {
namespace {

RequestError refusal(const std::string& text, const char* code) {
    return {400, "invalid_request_error", "persona", "persona: " + text, code};
}

std::shared_ptr<const PersonaVersion> found(const Service& service, const std::string& name) {
    if (service.personas == nullptr) {
        throw refusal("this server has no registry: start it with --registry DIR", "no_registry");
    }
    auto version = service.personas->find(parse_persona_reference(name));
    if (!version) throw refusal("there is no " + in_quotes(name) + "; GET /v1/personas lists all", "persona_not_found");
    return version;
}

void require_loaded(const Service& service, const PersonaConcept& one, const std::string& persona) {
    const auto served = service.shelf.find(one.name);
    if (!served) {
        throw refusal("the concept " + in_quotes(one.name) + " of " + persona + " is not loaded", "concept_not_found");
    }
    const std::string wanted = version_name(one.name, one.version);
    if (one.version != 0 && service.audit->version_name_of(*served) != wanted) {
        throw refusal("the loaded " + in_quotes(one.name) + " is not " + wanted + ", which " + persona + " names",
                      "concept_not_found");
    }
}

}  // namespace

void take_persona(const Service& service, GenerationFields& fields) {
    if (fields.persona.empty()) return;
    const auto version = found(service, fields.persona);
    fields.persona = persona_name(*version);
    for (const PersonaConcept& one : version->persona.concepts) {
        require_loaded(service, one, fields.persona);
        fields.concepts.push_back(
            {.name = one.name, .dose = one.dose, .op = operator_named(one.op), .tokens = tokens_named(one.tokens)});
        if (fields.projects_persona) fields.projections.push_back(one.name);
    }
}

}  // namespace contrans::server
