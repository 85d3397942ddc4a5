#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/cli/text_columns.h"
#include "contrans/concepts/word_response.h"
#include "contrans/transplant/control_vector.h"

namespace contrans::cli {

// What speaks for a concept or a vector beside held-out scores, as facts for people and as JSON; null where unknown.

[[nodiscard]] std::vector<Fact> response_facts(const std::optional<WordResponse>& response);
[[nodiscard]] nlohmann::ordered_json response_to_json(const std::optional<WordResponse>& response);

[[nodiscard]] std::vector<Fact> choice_facts(const TransplantProvenance& from);

}  // namespace contrans::cli
