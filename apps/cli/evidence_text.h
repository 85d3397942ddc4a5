#pragma once

#include <vector>

#include "apps/cli/text_columns.h"
#include "contrans/concepts/word_response.h"
#include "contrans/transplant/control_vector.h"

namespace contrans::cli {

// What speaks for a concept or a vector beside held-out scores, as facts for people (as JSON:
// apps/server/evidence_json.h).

[[nodiscard]] std::vector<Fact> response_facts(const WordResponse* response);
[[nodiscard]] std::vector<Fact> choice_facts(const TransplantProvenance& from);

}  // namespace contrans::cli
