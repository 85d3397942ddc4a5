#pragma once

#include <string>
#include <vector>

#include "contrans/registry/persona.h"

namespace contrans::cli {

/// What a persona's file says, for review.
[[nodiscard]] std::string persona_review(const Persona& persona);
/// A version with who saved it when.
[[nodiscard]] std::string persona_summary(const PersonaVersion& version);
/// A line each.
[[nodiscard]] std::string personas_table(const std::vector<PersonaVersion>& versions);

}  // namespace contrans::cli
