#pragma once

#include <string>
#include <vector>

#include "contrans/core/text.h"

struct llama_model;

namespace contrans {

/// The messages as the model was taught to read them.
///
/// The model's own template is used through llama.cpp. A model without one (a base model) gets the fallback
/// "System: …\nUser: …\nAssistant: …". When the last message is the assistant's, the text ends with its content, so
/// that the last token is the message's own; otherwise it ends where the assistant's answer begins. Throws
/// Error{argument} for no messages or an unknown role, Error{model} when llama.cpp does not know the template.
[[nodiscard]] std::string render_chat(const llama_model* model, const std::vector<ChatMessage>& messages);

/// Whether the model brings a template of its own.
[[nodiscard]] bool has_chat_template(const llama_model* model);

}  // namespace contrans
