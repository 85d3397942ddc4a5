#include "apps/cli/persona_text.h"

#include "apps/cli/text_columns.h"
#include "contrans/core/shortest_number.h"

namespace contrans::cli {
namespace {

std::string concept_text(const PersonaConcept& one) {
    std::string text = "at dose " + shortest_number(one.dose);
    if (one.op != "add") text += ", " + one.op;
    if (one.tokens != "both") text += ", tokens: " + one.tokens;
    return text;
}

std::vector<Fact> content_facts(const Persona& persona) {
    std::vector<Fact> facts;
    if (!persona.note.empty()) facts.push_back({"note", persona.note});
    for (const PersonaConcept& one : persona.concepts) {
        facts.push_back({one.version == 0 ? one.name : version_name(one.name, one.version), concept_text(one)});
    }
    return facts;
}

}  // namespace

std::string persona_review(const Persona& persona) { return persona.name + "\n" + fact_lines(content_facts(persona)); }

std::string persona_summary(const PersonaVersion& version) {
    std::vector<Fact> facts = {
        {"owner", version.owner}, {"author", version.author}, {"saved", time_text(version.saved)}};
    const std::vector<Fact> content = content_facts(version.persona);
    facts.insert(facts.end(), content.begin(), content.end());
    return persona_name(version) + "\n" + fact_lines(facts);
}

std::string personas_table(const std::vector<PersonaVersion>& versions) {
    std::vector<std::vector<std::string>> rows = {{"persona", "owner", "saved", "by", "concepts"}};
    for (const PersonaVersion& version : versions) {
        rows.push_back({persona_name(version), version.owner, time_text(version.saved).substr(0, 10), version.author,
                        concepts_text(version.persona)});
    }
    return versions.empty() ? "no personas\n" : aligned(rows);
}

}  // namespace contrans::cli
