#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/server/json_body.h"
#include "contrans/serve/completion.h"
#include "contrans/serve/concept_choice.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {

/// What was applied: [{"concept", "dose", "coefficient", "operator", "tokens", "after", "gate", "layers", "sha256"}].
[[nodiscard]] Json applied_json(std::span<const AppliedConcept> applied);

/// A vector on the shelf, for /v1/concepts.
[[nodiscard]] Json concept_json(const ServedConcept& served);

/// A signal for every token: [{"token", "doses": {NAME: x}}].
[[nodiscard]] Json projections_json(std::span<const TokenReport> tokens, std::span<const std::string> names);

}  // namespace contrans::server
