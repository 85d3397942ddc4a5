#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contrans/serve/concept_choice.h"

namespace contrans::server {

/// What a request's `model` says: "gemma", or with concepts "gemma+polite@0.2+happy", for clients that know no
/// `concepts` field.
struct ModelName {
    std::string base;
    std::vector<ConceptChoice> concepts;  ///< in the order written; without "@" at the usual dose
};

/// Throws RequestError 400 for a name that breaks the pattern NAME[+CONCEPT[@DOSE]]….
/// @param served  the model's own names, which may hold a '+' themselves
[[nodiscard]] ModelName parse_model_name(std::string_view text, const std::vector<std::string>& served);

/// Throws RequestError 400 for a name that no concept can have: letters, digits, '-', '_' and '.', 1 to 64 of them.
/// @param path  the field, for the message
void require_concept_name(std::string_view name, const std::string& path);

/// Most bytes of a `model`, and most concepts of one request.
inline constexpr std::size_t kLongestModelName = 2048;
inline constexpr std::size_t kMostConcepts = 16;

}  // namespace contrans::server
