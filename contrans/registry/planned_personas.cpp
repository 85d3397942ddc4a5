#include "contrans/registry/planned_personas.h"

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/persona_rows.h"

namespace contrans {
namespace {

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::argument, "rollout: " + text); }

std::vector<PlannedConcept> planned(const PersonaVersion& version) {
    std::vector<PlannedConcept> concepts;
    for (const PersonaConcept& one : version.persona.concepts) {
        if (one.op != "add" || one.tokens != "both") {
            refuse("persona " + persona_name(version) + " has " + in_quotes(one.name) + " as " + one.op + "/" +
                   one.tokens + ", and a plan adds concepts to every token (add/both) alone");
        }
        concepts.push_back({one.name, one.dose, one.version});
    }
    return concepts;
}

void fill_in(soci::session& session, std::string& persona, std::vector<PlannedConcept>& concepts) {
    if (persona.empty()) return;
    const auto version = find_persona_version(session, parse_persona_reference(persona));
    if (!version) refuse("there is no persona " + in_quotes(persona) + "; contrans persona list shows all");
    const std::vector<PlannedConcept> its = planned(*version);
    if (!concepts.empty() && concepts != its) {
        refuse("the plan's concepts are not those of persona " + persona_name(*version) +
               "; leave the persona's name out, or the concepts");
    }
    persona = persona_name(*version);
    concepts = its;
}

}  // namespace

RolloutPlan with_personas(soci::session& session, const RolloutPlan& plan) {
    if (plan.treatment_persona.empty() && plan.control_persona.empty()) return plan;
    RolloutPlan filled = plan;
    fill_in(session, filled.treatment_persona, filled.treatment);
    fill_in(session, filled.control_persona, filled.control);
    try {
        // Rules about the concepts hold for these too.
        return parse_rollout_plan(rollout_plan_text(filled), filled.name);
    } catch (const Error& error) {
        refuse(error.what());
    }
}

}  // namespace contrans
