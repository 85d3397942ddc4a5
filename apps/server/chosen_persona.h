#pragma once

#include "apps/server/generation_fields.h"
#include "apps/server/service.h"

namespace contrans::server {

/// Puts the concepts of the persona that a request names, if it names one, in the place of its `concepts`, and its
/// exact version in the place of its name. Throws RequestError 400: "persona_not_found", "no_registry", or
/// "concept_not_found" for a concept that is not loaded as the persona has it.
void take_persona(const Service& service, GenerationFields& fields);

}  // namespace contrans::server
