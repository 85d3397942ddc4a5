#pragma once

#include <optional>

#include "apps/server/json_body.h"
#include "contrans/concepts/word_response.h"
#include "contrans/transplant/control_vector.h"

namespace contrans::server {

// What a control vector's file knows of itself, as `contrans inspect` and the server show it; null where unknown.

/// Where it was carried from and by which map, what chose it, and its damage at its own dose.
[[nodiscard]] Json evidence_to_json(const TransplantProvenance& from);
[[nodiscard]] Json agreement_to_json(const std::optional<AgreementEvidence>& agreement);
[[nodiscard]] Json standing_to_json(const std::optional<SearchStanding>& search);
/// The words it promotes and suppresses most, of those it was measured on.
[[nodiscard]] Json response_to_json(const WordResponse* response);
[[nodiscard]] Json combination_to_json(const VectorCombination& combination);
/// [{"layer", "width", "dose", "coefficient", "sigma"}], one a layer.
[[nodiscard]] Json layer_doses_json(const ControlVector& vector);

}  // namespace contrans::server
