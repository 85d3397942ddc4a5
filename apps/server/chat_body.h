#pragma once

#include <string_view>

#include "apps/server/generation_fields.h"
#include "contrans/runtime/chat_format.h"

namespace contrans::server {

/// A body of POST /v1/chat/completions.
struct ChatBody {
    GenerationFields generation;
    Conversation conversation;  ///< its grammar is the generation's
};

/// Throws what parse_body and generation_from throw, and RequestError 400 naming the message, tool or format that
/// breaks a rule.
[[nodiscard]] ChatBody parse_chat_body(std::string_view body, const RequestRules& rules);

}  // namespace contrans::server
