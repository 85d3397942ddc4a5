#pragma once

#include <nlohmann/json_fwd.hpp>

#include "contrans/core/line_reader.h"
#include "contrans/evaluation/constraint.h"

namespace contrans {

/// {"kind": "max_words", "words": 20}; the number is called "words" or "count", the texts "words", "keys", "text" or
/// "language", as data/concepts/instruction-following/README.md has them. Throws Error{format} naming the place for an
/// unknown kind, a number that is missing, negative or over 10,000, texts that are missing or empty, an unknown
/// language.
[[nodiscard]] Constraint constraint_from_json(const nlohmann::json& json, const LinePlace& place);

}  // namespace contrans
