#pragma once

#include <string>
#include <variant>
#include <vector>

namespace contrans {

/// One message of a chat; `role` is "system", "user" or "assistant".
struct ChatMessage {
    std::string role;
    std::string content;
    friend bool operator==(const ChatMessage&, const ChatMessage&) = default;
};

/// A text as users give it: plain, or chat messages that the model's own template renders.
using Text = std::variant<std::string, std::vector<ChatMessage>>;

/// Which points of a text stand for it.
enum class TextPosition {
    last,  ///< the last token
    mean,  ///< the mean over all tokens but the first (attention sinks live there)
};

}  // namespace contrans
