#include "contrans/registry/persona_rows.h"

#include <soci/soci.h>

namespace contrans {
namespace {

std::vector<PersonaConcept> read_concepts(soci::session& session, const std::string& name, long long version) {
    std::vector<PersonaConcept> concepts;
    PersonaConcept one;
    long long concept_version = 0;
    soci::statement select =
        (session.prepare << "SELECT concept, concept_version, dose, operator, tokens FROM persona_concepts "
                            "WHERE name = :name AND version = :version ORDER BY place",
         soci::use(name, "name"), soci::use(version, "version"), soci::into(one.name), soci::into(concept_version),
         soci::into(one.dose), soci::into(one.op), soci::into(one.tokens));
    select.execute();
    while (select.fetch()) {
        one.version = concept_version;
        concepts.push_back(one);
    }
    return concepts;
}

constexpr const char* kColumns =
    "SELECT v.name, v.version, p.owner, v.author, v.saved, v.note, v.sha256 FROM persona_versions v "
    "JOIN personas p ON p.name = v.name ";

}  // namespace

std::vector<PersonaVersion> read_personas(soci::session& session, const std::string& name) {
    std::vector<PersonaVersion> versions;
    PersonaVersion row;
    long long number = 0, saved = 0;
    soci::statement select =
        (session.prepare << std::string(kColumns) + "WHERE :name = '' OR v.name = :name ORDER BY v.name, v.version",
         soci::use(name, "name"), soci::into(row.persona.name), soci::into(number), soci::into(row.owner),
         soci::into(row.author), soci::into(saved), soci::into(row.persona.note), soci::into(row.sha256));
    select.execute();
    while (select.fetch()) {
        row.version = number;
        row.saved = saved;
        versions.push_back(row);
    }
    for (PersonaVersion& each : versions) {
        each.persona.concepts = read_concepts(session, each.persona.name, each.version);
    }
    return versions;
}

std::optional<PersonaVersion> find_persona_version(soci::session& session, const VersionReference& reference) {
    const std::string folded = folded_name(reference.name);
    const long long wanted = reference.version;
    PersonaVersion found;
    long long number = 0, saved = 0;
    session << std::string(kColumns) +
                   "WHERE p.folded = :folded AND (CAST(:wanted AS BIGINT) = 0 OR "
                   "v.version = CAST(:wanted AS BIGINT)) "
                   "ORDER BY v.version DESC LIMIT 1",
        soci::use(folded, "folded"), soci::use(wanted, "wanted"), soci::into(found.persona.name), soci::into(number),
        soci::into(found.owner), soci::into(found.author), soci::into(saved), soci::into(found.persona.note),
        soci::into(found.sha256);
    if (!session.got_data()) return std::nullopt;
    found.version = number;
    found.saved = saved;
    found.persona.concepts = read_concepts(session, found.persona.name, number);
    return found;
}

void insert_persona_version(soci::session& session, const PersonaVersion& version) {
    const long long number = version.version, saved = version.saved;
    const std::string& name = version.persona.name;
    session << "INSERT INTO persona_versions (name, version, author, saved, note, sha256) VALUES (:name, :version, "
               ":author, :saved, :note, :sha256)",
        soci::use(name, "name"), soci::use(number, "version"), soci::use(version.author, "author"),
        soci::use(saved, "saved"), soci::use(version.persona.note, "note"), soci::use(version.sha256, "sha256");
    long long place = 0;
    for (const PersonaConcept& one : version.persona.concepts) {
        const long long concept_version = one.version;
        session << "INSERT INTO persona_concepts (name, version, place, concept, concept_version, dose, operator, "
                   "tokens) VALUES (:name, :version, :place, :concept, :concept_version, :dose, :operator, :tokens)",
            soci::use(name, "name"), soci::use(number, "version"), soci::use(place, "place"),
            soci::use(one.name, "concept"), soci::use(concept_version, "concept_version"), soci::use(one.dose, "dose"),
            soci::use(one.op, "operator"), soci::use(one.tokens, "tokens");
        ++place;
    }
}

void delete_persona_version(soci::session& session, const std::string& name, std::int64_t version) {
    const long long number = version;
    session << "DELETE FROM persona_versions WHERE name = :name AND version = :version", soci::use(name, "name"),
        soci::use(number, "version");
}

}  // namespace contrans
