#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/registry/audit_record.h"
#include "contrans/registry/names.h"

namespace contrans {

/// A concept as a persona has it, in the words of requests (docs/serve.md).
struct PersonaConcept {
    std::string name;
    double dose = 0;              ///< in units of σ (DESIGN §4); of project_out a share, 0 to 1
    std::int64_t version = 0;     ///< the registry's; 0: whichever is served
    std::string op = "add";       ///< "add", "project_out", "add_keeping_norm" or "clamp"
    std::string tokens = "both";  ///< "prompt", "generated" or "both"
    friend bool operator==(const PersonaConcept&, const PersonaConcept&) = default;
};

/// A named mix of concepts and doses, as people write and review it.
struct Persona {
    std::string name;                      ///< by the rule of concepts' names
    std::string note;                      ///< a line for readers; empty: none
    std::vector<PersonaConcept> concepts;  ///< 1 to kMostPersonaConcepts, none twice, in the order they are applied in
    friend bool operator==(const Persona&, const Persona&) = default;
};
inline constexpr std::size_t kMostPersonaConcepts = 16;

/// One version as a registry keeps it: never changed, only removed.
struct PersonaVersion {
    Persona persona;
    std::int64_t version = 0;
    std::string owner;   ///< of the persona
    std::string author;  ///< who saved this version
    Microseconds saved = 0;
    std::string sha256;  ///< of persona_text()
};
/// "warm-support@2"
[[nodiscard]] std::string persona_name(const PersonaVersion& version);

/// Reads a persona's file (docs/personas.md has every key). Throws Error{format} naming key and rule: for an unknown
/// key too, so that a misspelt dose is not another one. @param origin  for messages
[[nodiscard]] Persona parse_persona(std::string_view text, const std::string& origin);
/// The persona as parse_persona() reads it: one text for equal personas.
[[nodiscard]] std::string persona_text(const Persona& persona);

/// "warm-support" (the newest version) or "warm-support@2"; personas have no tags. Throws Error{argument}.
[[nodiscard]] VersionReference parse_persona_reference(const std::string& text);
/// The concepts for people and for the log: "happy 0.3, polite@2 1 project_out/prompt".
[[nodiscard]] std::string concepts_text(const Persona& persona);

}  // namespace contrans
