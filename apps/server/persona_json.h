#pragma once

#include <vector>

#include "apps/server/json_body.h"
#include "contrans/registry/persona.h"

namespace contrans::server {

/// {"name", "version", "owner", "author", "saved", "note", "concepts": [{"concept", "dose", …}], "sha256"}, as routes
/// and --json show a version; `concepts` as a persona's file has them.
[[nodiscard]] Json persona_json(const PersonaVersion& version);
/// A list of them.
[[nodiscard]] Json personas_json(const std::vector<PersonaVersion>& versions);

}  // namespace contrans::server
