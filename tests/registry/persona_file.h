#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "contrans/registry/persona.h"

namespace contrans::testing {

/// A persona's file that holds: happy at 0.3 and polite at 0.2.
inline nlohmann::ordered_json persona_json(const std::string& name = "warm-support") {
    auto json = nlohmann::ordered_json::parse(R"({"persona": 1, "name": "", "note": "for replies",
        "concepts": [{"concept": "happy", "dose": 0.3}, {"concept": "polite", "dose": 0.2}]})");
    json["name"] = name;
    return json;
}

inline Persona persona_of(const nlohmann::ordered_json& json) { return parse_persona(json.dump(), "persona.json"); }

/// The usual one with another dose of happy.
inline Persona persona_at(double dose, const std::string& name = "warm-support") {
    auto json = persona_json(name);
    json["concepts"][0]["dose"] = dose;
    return persona_of(json);
}

}  // namespace contrans::testing
