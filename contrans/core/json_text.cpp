#include "contrans/core/json_text.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using nlohmann::json;

std::string non_empty_string(const json& value, const std::string& where, const LinePlace& place) {
    if (!value.is_string()) reject_line(place, where + " must be a string", printable(value.dump()));
    auto text = value.get<std::string>();
    if (trimmed(text).empty()) reject_line(place, where + " must not be empty", in_quotes(text));
    return text;
}

bool is_role(const std::string& role) { return role == "system" || role == "user" || role == "assistant"; }

ChatMessage message_from_json(const json& value, const std::string& where, const LinePlace& place) {
    if (!value.is_object() || value.size() != 2 || !value.contains("role") || !value.contains("content")) {
        reject_line(place, where + R"( must be an object of "role" and "content")", printable(value.dump()));
    }
    ChatMessage message{.role = non_empty_string(value["role"], where + ": role", place),
                        .content = non_empty_string(value["content"], where + ": content", place)};
    if (!is_role(message.role)) {
        reject_line(place, where + R"(: role must be "system", "user" or "assistant")", in_quotes(message.role));
    }
    return message;
}

}  // namespace

Text text_from_json(const json& value, std::string_view key, const LinePlace& place) {
    const std::string where = in_quotes(key);
    if (value.is_string()) return non_empty_string(value, where, place);
    if (!value.is_array() || value.empty()) {
        reject_line(place, where + " must be a string or a list of chat messages", printable(value.dump()));
    }
    std::vector<ChatMessage> messages;
    for (std::size_t i = 0; i < value.size(); ++i) {
        messages.push_back(message_from_json(value[i], where + " message " + std::to_string(i + 1), place));
    }
    return messages;
}

std::string plain_text(const Text& text) {
    if (const auto* plain = std::get_if<std::string>(&text)) return *plain;
    std::string joined;
    for (const ChatMessage& message : std::get<std::vector<ChatMessage>>(text)) {
        joined += (joined.empty() ? "" : "\n") + message.content;
    }
    return joined;
}

}  // namespace contrans
