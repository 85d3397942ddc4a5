#include "apps/server/chat_messages.h"

#include <string>

#include "apps/server/request_error.h"

namespace contrans::server {
namespace {

constexpr std::size_t kMostMessages = 4096;
constexpr std::size_t kMostParts = 256;
constexpr std::size_t kMostCalls = 128;

std::string place(const std::string& list, std::size_t index) { return list + "[" + std::to_string(index) + "]"; }

std::string part_text(const Json& json, const std::string& path) {
    const FieldReader part(json, path);
    if (part.required_text("type") != "text") part.fail("type", "only parts of type text are read");
    return part.required_text("text", kLongestText);
}

/// A text, or parts that are joined.
std::string content_of(const FieldReader& message) {
    const Json* value = message.value("content");
    if (value == nullptr || value->is_string()) return message.text("content", kLongestText).value_or("");
    const Json* parts = message.list("content", kMostParts);
    std::string content;
    for (std::size_t i = 0; i < parts->size(); ++i)
        content += part_text((*parts)[i], place(message.path("content"), i));
    return content;
}

ToolCall call_from(const Json& json, const std::string& path) {
    const FieldReader call(json, path);
    (void)call.word("type", {"function"});
    const auto function = call.object("function");
    if (!function) call.fail("function", "is missing");
    return {call.text("id").value_or(""), function->required_text("name"),
            function->text("arguments", kLongestText).value_or("{}")};
}

std::vector<ToolCall> calls_of(const FieldReader& message) {
    const Json* list = message.list("tool_calls", kMostCalls);
    std::vector<ToolCall> calls;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        calls.push_back(call_from((*list)[i], place(message.path("tool_calls"), i)));
    }
    return calls;
}

ChatTurn turn_from(const FieldReader& message) {
    ChatTurn turn;
    turn.role = message.word("role", {"system", "developer", "user", "assistant", "tool"}).value_or("");
    if (turn.role.empty()) message.fail("role", "is missing");
    turn.content = content_of(message);
    turn.tool_calls = calls_of(message);
    turn.tool_call_id = message.text("tool_call_id").value_or("");
    turn.name = message.text("name").value_or("");
    if (turn.role != "assistant" && !turn.tool_calls.empty()) message.fail("tool_calls", "belong to the assistant");
    const bool may_be_empty = turn.role == "tool" || !turn.tool_calls.empty();
    if (turn.content.empty() && !may_be_empty) message.fail("content", "must not be empty");
    return turn;
}

}  // namespace

std::vector<ChatTurn> messages_from(const FieldReader& body) {
    const Json* list = body.list("messages", kMostMessages);
    if (list == nullptr || list->empty()) body.fail("messages", "must have at least one message");
    std::vector<ChatTurn> turns;
    for (std::size_t i = 0; i < list->size(); ++i) {
        turns.push_back(turn_from(FieldReader((*list)[i], place(body.path("messages"), i))));
    }
    return turns;
}

}  // namespace contrans::server
