#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apps/server/generation_fields.h"

namespace contrans::server {

/// A body of POST /v1/completions.
struct CompletionBody {
    GenerationFields generation;
    std::variant<std::string, std::vector<Token>> prompt;  ///< not empty
};

/// Throws what parse_body and generation_from throw, and RequestError 400 for a prompt that is missing, empty or more
/// than one.
[[nodiscard]] CompletionBody parse_completion_body(std::string_view body, const RequestRules& rules);

/// A text, or tokens below `vocabulary_size`; or a list that holds one of those.
[[nodiscard]] std::variant<std::string, std::vector<Token>> text_or_tokens(const Json& json, const std::string& path,
                                                                           std::size_t vocabulary_size);

}  // namespace contrans::server
