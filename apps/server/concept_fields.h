#pragma once

#include <string_view>
#include <vector>

#include "apps/server/field_reader.h"
#include "contrans/serve/concept_choice.h"

namespace contrans::server {

/// A request's `concepts`: a list of
///
///     {"name": "polite", "dose": 0.2, "operator": "add", "tokens": "both", "after": 0,
///      "gate": {"name": "angry", "threshold": 0.1}}
///
/// of which only `name` is needed, or of plain names. Empty where there is none. Throws RequestError 400 naming the
/// field: for a field that is not known too, so that a misspelt dose is not taken for the usual one.
[[nodiscard]] std::vector<ConceptChoice> concepts_from(const FieldReader& body);

/// Of the words that requests and personas have for them; another word is "add", or both.
[[nodiscard]] SteeringOperator operator_named(std::string_view word);
[[nodiscard]] TokenRange tokens_named(std::string_view word);

/// The choices of both, those of the model's name first. Throws RequestError 400 for more than kMostConcepts.
[[nodiscard]] std::vector<ConceptChoice> joined(std::vector<ConceptChoice> of_model_name,
                                                const std::vector<ConceptChoice>& of_body);

}  // namespace contrans::server
