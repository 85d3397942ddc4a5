#pragma once

#include <span>
#include <string_view>

#include "apps/server/json_body.h"
#include "contrans/serve/completion.h"

namespace contrans::server {

/// Chat's shape: {"content": [{"token", "logprob", "bytes", "top_logprobs": […]}]}.
[[nodiscard]] Json chat_logprobs_json(std::span<const TokenReport> tokens);

/// The older shape of plain completions: {"tokens", "token_logprobs", "top_logprobs": [{TOKEN: x}], "text_offset"}.
/// @param offset  characters of the answer before these tokens
[[nodiscard]] Json completion_logprobs_json(std::span<const TokenReport> tokens, std::size_t offset = 0);

/// Characters that begin in the tokens' pieces.
[[nodiscard]] std::size_t characters_in(std::string_view bytes);

}  // namespace contrans::server
