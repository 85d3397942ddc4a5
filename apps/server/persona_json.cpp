#include "apps/server/persona_json.h"

namespace contrans::server {

Json persona_json(const PersonaVersion& version) {
    return {{"name", version.persona.name},
            {"version", version.version},
            {"owner", version.owner},
            {"author", version.author},
            {"saved", time_text(version.saved)},
            {"note", version.persona.note},
            {"concepts", Json::parse(persona_text(version.persona))["concepts"]},
            {"sha256", version.sha256}};
}

Json personas_json(const std::vector<PersonaVersion>& versions) {
    Json list = Json::array();
    for (const PersonaVersion& version : versions) list.push_back(persona_json(version));
    return list;
}

}  // namespace contrans::server
