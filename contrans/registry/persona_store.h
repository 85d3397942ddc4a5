#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "contrans/registry/database.h"
#include "contrans/registry/persona_rows.h"

namespace contrans {

/// The personas of a registry: named mixes in numbered versions. Every change is one transaction with its audit record
/// (persona.save, persona.remove). Several processes may each have their own; one thread at a time an object.
///
/// Names are looked up whatever their capitals. All throw what Database throws; then nothing was changed.
class PersonaStore {
public:
    PersonaStore(Database database, std::function<Microseconds()> clock = system_time);

    /// Keeps the next version. @param owner  of a persona that is new; else must be its owner. Empty: the actor, or its
    /// owner. Throws Error{argument} for another owner's name, a name that differs from one in capitals alone, an actor
    /// or owner that breaks its rule, or what the newest version says already.
    PersonaVersion save(const Persona& persona, const std::string& actor, const std::string& owner = "");
    /// All versions, by name and number.
    [[nodiscard]] std::vector<PersonaVersion> list();
    /// Of one persona, by number; none where there is none.
    [[nodiscard]] std::vector<PersonaVersion> versions(const std::string& name);
    /// Nothing: there is none.
    [[nodiscard]] std::optional<PersonaVersion> find(const VersionReference& reference);
    /// Throws Error{argument} where there is none.
    [[nodiscard]] PersonaVersion show(const VersionReference& reference);
    /// Removes one version, or all of a persona that is named alone; versions that follow get new numbers. Plans keep
    /// what they took from it. Throws Error{argument} where there is none. @return what is gone
    std::vector<PersonaVersion> remove(const VersionReference& reference, const std::string& actor);

private:
    Database database_;
    std::function<Microseconds()> clock_;
};

/// Adds one as it was numbered elsewhere, with its record (persona.import), inside of the caller's transaction. Throws
/// Error{argument} where the number says something else here, or the persona has another owner. @return false: it is
/// here already
bool take_persona(soci::session& session, const PersonaVersion& version, const std::string& actor, Microseconds now);

/// What is wrong with the kept personas; empty: nothing.
[[nodiscard]] std::vector<std::string> persona_damage(soci::session& session);

}  // namespace contrans
