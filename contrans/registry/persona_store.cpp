#include "contrans/registry/persona_store.h"

#include <algorithm>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/audit_log.h"
#include "contrans/registry/owned_names.h"

namespace contrans {
namespace {

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::argument, "persona: " + text); }

void record(soci::session& session, Microseconds now, const std::string& action, const PersonaVersion& version,
            const std::string& actor) {
    AuditEvent event;
    event.actor = audit_text(actor, 128);
    event.action = action;
    event.subject = version.persona.name;
    event.version = std::to_string(version.version);
    event.outcome = "done";
    event.detail = audit_text(concepts_text(version.persona) + " sha256:" + version.sha256);
    append_audit(session, now, event);
}

[[noreturn]] void refuse_missing(const VersionReference& reference) {
    const std::string wanted =
        reference.version == 0 ? reference.name : version_name(reference.name, reference.version);
    refuse("there is no " + in_quotes(wanted) + "; contrans persona list shows all");
}

void keep(soci::session& session, OwnedName row, const PersonaVersion& version) {
    row.last_version = std::max(row.last_version, version.version);
    put_owned(session, kPersonas, row);
    insert_persona_version(session, version);
}

/// All of a persona that is named alone, else the one version.
std::vector<PersonaVersion> chosen(soci::session& session, const VersionReference& reference) {
    const auto one = find_persona_version(session, reference);
    if (!one) refuse_missing(reference);
    return reference.version == 0 ? read_personas(session, one->persona.name) : std::vector{*one};
}

}  // namespace

PersonaStore::PersonaStore(Database database, std::function<Microseconds()> clock)
    : database_(std::move(database)), clock_(std::move(clock)) {}

PersonaVersion PersonaStore::save(const Persona& persona, const std::string& actor, const std::string& owner) {
    require_line(actor, "an actor", 128);
    require_line(owner, "an owner", 128);
    PersonaVersion version{persona, 0, "", actor, 0, sha256_of(persona_text(persona))};
    database_.write([&](soci::session& session) {
        const OwnedName row = owned_name_for(session, kPersonas, persona.name, owner, actor);
        const auto newest = find_persona_version(session, {persona.name, 0, ""});
        if (newest && newest->persona == persona) refuse(persona_name(*newest) + " says the same already");
        version.version = row.last_version + 1;
        version.owner = row.owner;
        version.saved = clock_();
        keep(session, row, version);
        record(session, version.saved, "persona.save", version, actor);
    });
    return version;
}

std::vector<PersonaVersion> PersonaStore::list() {
    std::vector<PersonaVersion> all;
    database_.read([&](soci::session& session) { all = read_personas(session); });
    return all;
}

std::vector<PersonaVersion> PersonaStore::versions(const std::string& name) {
    std::vector<PersonaVersion> all;
    database_.read([&](soci::session& session) {
        const auto found = find_owned(session, kPersonas, name);
        if (found) all = read_personas(session, found->name);
    });
    return all;
}

std::optional<PersonaVersion> PersonaStore::find(const VersionReference& reference) {
    std::optional<PersonaVersion> found;
    database_.read([&](soci::session& session) { found = find_persona_version(session, reference); });
    return found;
}

PersonaVersion PersonaStore::show(const VersionReference& reference) {
    if (auto found = find(reference)) return *std::move(found);
    refuse_missing(reference);
}

std::vector<PersonaVersion> PersonaStore::remove(const VersionReference& reference, const std::string& actor) {
    require_line(actor, "an actor", 128);
    std::vector<PersonaVersion> gone;
    database_.write([&](soci::session& session) {
        gone = chosen(session, reference);
        for (const PersonaVersion& version : gone) {
            delete_persona_version(session, version.persona.name, version.version);
            record(session, clock_(), "persona.remove", version, actor);
        }
    });
    return gone;
}

bool take_persona(soci::session& session, const PersonaVersion& version, const std::string& actor, Microseconds now) {
    const OwnedName row = imported_name_for(session, kPersonas, version.persona.name, version.owner);
    const auto here = find_persona_version(session, {row.name, version.version, ""});
    if (here && here->persona == version.persona) return false;
    if (here) refuse(persona_name(version) + " says something else here than in what is imported");
    keep(session, row, version);
    record(session, now, "persona.import", version, actor);
    return true;
}

std::vector<std::string> persona_damage(soci::session& session) {
    std::vector<std::string> found;
    for (const PersonaVersion& version : read_personas(session)) {
        if (sha256_of(persona_text(version.persona)) != version.sha256) {
            found.push_back("persona " + persona_name(version) + " is not what was saved");
        }
    }
    return found;
}

}  // namespace contrans
