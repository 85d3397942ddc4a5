#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contrans/registry/persona.h"

namespace soci {
class session;
}

namespace contrans {

// The statements of personas: each runs inside of the caller's transaction and checks nothing.

/// All versions, or one persona's, by name and number. @param name  as OwnedName has it; empty: all
[[nodiscard]] std::vector<PersonaVersion> read_personas(soci::session& session, const std::string& name = "");
/// One version, or the newest; names are folded. Nothing: there is none.
[[nodiscard]] std::optional<PersonaVersion> find_persona_version(soci::session& session,
                                                                 const VersionReference& reference);
void insert_persona_version(soci::session& session, const PersonaVersion& version);
void delete_persona_version(soci::session& session, const std::string& name, std::int64_t version);

}  // namespace contrans
