#include "apps/server/chat_body.h"

#include <algorithm>
#include <string>

#include "apps/server/chat_messages.h"
#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

constexpr std::size_t kMostTools = 128;
constexpr std::size_t kLongestDescription = std::size_t{16} << 10;

Tool tool_from(const Json& json, const std::string& path) {
    const FieldReader tool(json, path);
    (void)tool.word("type", {"function"});
    const auto function = tool.object("function");
    if (!function) tool.fail("function", "is missing");
    const auto parameters = function->object("parameters");
    return {function->required_text("name"), function->text("description", kLongestDescription).value_or(""),
            parameters ? dump(parameters->json()) : "{}"};
}

std::vector<Tool> tools_from(const FieldReader& body) {
    const Json* list = body.list("tools", kMostTools);
    std::vector<Tool> tools;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        tools.push_back(tool_from((*list)[i], "tools[" + std::to_string(i) + "]"));
    }
    return tools;
}

/// "auto", "none", "required", or one function: then the others are as if not there.
void choose_tool(const FieldReader& body, Conversation& conversation) {
    const Json* value = body.value("tool_choice");
    if (value == nullptr) return;
    if (value->is_string()) {
        const auto word = body.word("tool_choice", {"auto", "none", "required"});
        if (*word == "none") conversation.tool_choice = ToolChoice::none;
        if (*word == "required") conversation.tool_choice = ToolChoice::required;
    } else {
        const auto function = FieldReader(*value, "tool_choice").object("function");
        if (!function) body.fail("tool_choice", "must be auto, none, required or {\"function\": {\"name\": …}}");
        const std::string name = function->required_text("name");
        std::erase_if(conversation.tools, [&](const Tool& tool) { return tool.name != name; });
        conversation.tool_choice = ToolChoice::required;
    }
    if (conversation.tool_choice == ToolChoice::required && conversation.tools.empty()) {
        body.fail("tool_choice", "asks for a tool that is not among tools");
    }
}

/// A JSON schema as text; empty: the answer is free.
std::string schema_from(const FieldReader& body) {
    const auto format = body.object("response_format");
    if (!format) return "";
    const auto type = format->word("type", {"text", "json_object", "json_schema"});
    if (!type) format->fail("type", "is missing");
    if (*type == "text") return "";
    if (*type == "json_object") return R"({"type": "object"})";
    const auto named = format->object("json_schema");
    const auto schema = named ? named->object("schema") : std::nullopt;
    if (!schema) format->fail("json_schema.schema", "is missing");
    return dump(schema->json());
}

void check_together(const FieldReader& body, const Conversation& conversation) {
    const bool tools = !conversation.tools.empty() && conversation.tool_choice != ToolChoice::none;
    if (!conversation.gbnf.empty() && (tools || !conversation.json_schema.empty())) {
        body.fail("grammar", "does not go together with tools or response_format");
    }
    if (tools && !conversation.json_schema.empty()) {
        body.fail("response_format", "does not go together with tools");
    }
}

}  // namespace

ChatBody parse_chat_body(std::string_view body, const RequestRules& rules) {
    const Json json = parse_body(body);
    const FieldReader fields(json, "");
    ChatBody chat;
    chat.generation = generation_from(fields, rules);
    Conversation& conversation = chat.conversation;
    conversation.turns = messages_from(fields);
    conversation.tools = tools_from(fields);
    choose_tool(fields, conversation);
    if (fields.flag("parallel_tool_calls").value_or(false)) conversation.at_once = ToolCallsAtOnce::several;
    conversation.json_schema = schema_from(fields);
    conversation.gbnf = chat.generation.sampling.grammar.gbnf;
    check_together(fields, conversation);
    return chat;
}

}  // namespace contrans::server
