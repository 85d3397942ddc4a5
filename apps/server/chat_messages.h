#pragma once

#include <vector>

#include "apps/server/field_reader.h"
#include "contrans/runtime/chat_format.h"

namespace contrans::server {

/// `messages`: {"role": …, "content": TEXT or [{"type": "text", "text": TEXT}, …], "tool_calls": …, "tool_call_id": …}.
/// Throws RequestError 400 for none, an unknown role, a part that is no text, or a message that says nothing.
[[nodiscard]] std::vector<ChatTurn> messages_from(const FieldReader& body);

}  // namespace contrans::server
