#include "contrans/runtime/chat_format.h"

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "chat.h"
#include "contrans/core/error.h"
#include "contrans/core/text.h"
#include "contrans/core/utf8.h"
#include "contrans/runtime/chat_template.h"
#include "contrans/runtime/model.h"
#include "json-schema-to-grammar.h"
#include "llama.h"
#include "log.h"

namespace contrans {

struct AnswerSyntax {
    common_chat_parser_params params;
};

struct ChatFormat::Templates {
    common_chat_templates_ptr templates;
    std::mutex rendering;  // llama-common says nothing of threads
};

namespace {

/// llama-common prints its own log; what matters of it arrives as exceptions.
void silence_llama_common() {
    static const bool once = (common_log_set_verbosity_thold(-1), true);
    (void)once;
}

common_json parsed_json(const std::string& text, const std::string& what) {
    try {
        return common_json::parse(text);
    } catch (const std::exception& error) {
        throw Error(ErrorKind::argument, "chat: " + what + " is not JSON: " + printable(error.what(), 200));
    }
}

common_chat_msg message_of(const ChatTurn& turn) {
    common_chat_msg message;
    message.role = turn.role;
    message.content = turn.content;
    for (const ToolCall& call : turn.tool_calls) message.tool_calls.push_back({call.name, call.arguments, call.id});
    message.tool_call_id = turn.tool_call_id;
    message.tool_name = turn.name;
    return message;
}

void require_known_roles(const Conversation& conversation) {
    constexpr std::array<std::string_view, 5> kRoles = {"system", "developer", "user", "assistant", "tool"};
    if (conversation.turns.empty()) throw Error(ErrorKind::argument, "chat: a list of messages must not be empty");
    for (const ChatTurn& turn : conversation.turns) {
        if (std::find(kRoles.begin(), kRoles.end(), turn.role) == kRoles.end()) {
            throw Error(ErrorKind::argument,
                        "chat: role must be system, developer, user, assistant or tool, got " + in_quotes(turn.role));
        }
    }
}

bool uses_tools(const Conversation& conversation) {
    return !conversation.tools.empty() && conversation.tool_choice != ToolChoice::none;
}

void require_one_constraint(const Conversation& conversation) {
    if (!conversation.gbnf.empty() && (uses_tools(conversation) || !conversation.json_schema.empty())) {
        throw Error(ErrorKind::argument, "chat: a grammar of its own goes neither with tools nor with a JSON schema");
    }
    for (const Tool& tool : conversation.tools) {
        (void)parsed_json(tool.parameters, "parameters of tool " + in_quotes(tool.name));
    }
    if (!conversation.json_schema.empty()) (void)parsed_json(conversation.json_schema, "the schema");
}

common_chat_tool_choice choice_of(ToolChoice choice) {
    switch (choice) {
        case ToolChoice::automatic:
            return COMMON_CHAT_TOOL_CHOICE_AUTO;
        case ToolChoice::required:
            return COMMON_CHAT_TOOL_CHOICE_REQUIRED;
        case ToolChoice::none:
            return COMMON_CHAT_TOOL_CHOICE_NONE;
    }
    return COMMON_CHAT_TOOL_CHOICE_AUTO;
}

common_chat_templates_inputs inputs_of(const Conversation& conversation) {
    common_chat_templates_inputs inputs;
    for (const ChatTurn& turn : conversation.turns) inputs.messages.push_back(message_of(turn));
    for (const Tool& tool : conversation.tools) inputs.tools.push_back({tool.name, tool.description, tool.parameters});
    inputs.tool_choice = choice_of(conversation.tool_choice);
    inputs.parallel_tool_calls = conversation.at_once == ToolCallsAtOnce::several;
    inputs.json_schema = conversation.json_schema;
    inputs.grammar = conversation.gbnf;
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    // An answer that the client began is gone on with.
    if (conversation.turns.back().role == "assistant" && conversation.turns.back().tool_calls.empty()) {
        inputs.add_generation_prompt = false;
        inputs.continue_final_message = COMMON_CHAT_CONTINUATION_CONTENT;
    }
    return inputs;
}

/// The token that a text is, if it is one.
std::optional<Token> single_token(const Model& model, const std::string& text) {
    std::array<Token, 2> tokens{};
    const int32_t n =
        llama_tokenize(llama_model_get_vocab(model.handle()), text.data(), static_cast<int32_t>(text.size()),
                       tokens.data(), static_cast<int32_t>(tokens.size()), false, true);
    return n == 1 ? std::optional(tokens[0]) : std::nullopt;
}

std::string escaped(const std::string& word) {
    static constexpr std::string_view kSpecial = R"(.^$|()*+?[]{}\)";
    std::string pattern;
    for (const char c : word) {
        if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

std::string anchored(const std::string& pattern) {
    if (pattern.empty()) return "^$";
    return (pattern.front() != '^' ? "^" : "") + pattern + (pattern.back() != '$' ? "$" : "");
}

void add_trigger(const Model& model, const common_grammar_trigger& trigger, Grammar& grammar) {
    switch (trigger.type) {
        case COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN:
            grammar.trigger_tokens.push_back(trigger.token);
            break;
        case COMMON_GRAMMAR_TRIGGER_TYPE_WORD:
            if (const auto token = single_token(model, trigger.value)) {
                grammar.trigger_tokens.push_back(*token);
            } else {
                grammar.trigger_words.push_back(escaped(trigger.value));
            }
            break;
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN:
            grammar.trigger_words.push_back(trigger.value);
            break;
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN_FULL:
            grammar.trigger_words.push_back(anchored(trigger.value));
            break;
    }
}

/// llama-common lets free text come before a call that is required, and a model may never come to the call. Where its
/// grammar has rules for the calls alone, the answer is made of them.
bool begin_with_the_call(std::string& gbnf, ToolCallsAtOnce at_once) {
    const std::size_t root = gbnf.find("root ::= ");
    const bool line = root == 0 || (root != std::string::npos && gbnf[root - 1] == '\n');
    const bool rules =
        gbnf.find("\ntool-call ::= ") != std::string::npos && gbnf.find("\ntool-calls ::= ") != std::string::npos;
    if (!line || !rules) return false;
    const std::size_t end = std::min(gbnf.find('\n', root), gbnf.size());
    gbnf.replace(root, end - root, at_once == ToolCallsAtOnce::one ? "root ::= tool-call" : "root ::= tool-calls");
    return true;
}

Grammar grammar_of(const Model& model, const common_chat_params& params, const Conversation& conversation) {
    Grammar grammar;
    grammar.gbnf = params.grammar;
    if (grammar.gbnf.empty()) return grammar;
    if (!params.grammar_lazy) {
        const bool required = uses_tools(conversation) && conversation.tool_choice == ToolChoice::required;
        if (required && begin_with_the_call(grammar.gbnf, conversation.at_once)) return grammar;
        // Grammars made of a schema or of tools begin where the template's own beginning of the answer begins.
        if (conversation.gbnf.empty()) grammar.begun = params.generation_prompt;
        return grammar;
    }
    for (const common_grammar_trigger& trigger : params.grammar_triggers) add_trigger(model, trigger, grammar);
    return grammar;
}

std::shared_ptr<const AnswerSyntax> syntax_of(const common_chat_params& params, const Conversation& conversation) {
    auto syntax = std::make_shared<AnswerSyntax>(AnswerSyntax{common_chat_parser_params(params)});
    syntax->params.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    syntax->params.parse_tool_calls = uses_tools(conversation);
    if (!params.parser.empty()) syntax->params.parser.load(params.parser);
    return syntax;
}

/// llama-common would leave the tools out and let the model say what it likes.
void require_tools_are_carried(const Model& model, const common_chat_params& params, const Conversation& conversation) {
    if (!uses_tools(conversation) || !params.grammar.empty()) return;
    throw Error(ErrorKind::model, "chat: the template of " + describe(model.identity()) + " cannot carry tools");
}

ChatPrompt chat_prompt_of(const Model& model, const common_chat_params& params, const Conversation& conversation) {
    require_tools_are_carried(model, params, conversation);
    ChatPrompt prompt;
    prompt.text = params.prompt;
    prompt.grammar = grammar_of(model, params, conversation);
    prompt.stop = params.additional_stops;
    for (const std::string& text : params.preserved_tokens) {
        if (const auto token = single_token(model, text)) prompt.visible_tokens.push_back(*token);
    }
    prompt.syntax = syntax_of(params, conversation);
    return prompt;
}

/// A base model's: labels in front of lines, and the answer ends where the next label begins.
ChatPrompt fallback_prompt(const Model& model, const Conversation& conversation) {
    if (uses_tools(conversation)) {
        throw Error(ErrorKind::model,
                    "chat: " + describe(model.identity()) + " has no chat template, so it cannot call tools");
    }
    std::vector<ChatMessage> messages;
    for (const ChatTurn& turn : conversation.turns) {
        messages.push_back({turn.role == "developer" ? "system" : turn.role, turn.content});
    }
    ChatPrompt prompt;
    prompt.text = render_chat(model.handle(), messages);
    prompt.stop = {"\nUser:", "\nSystem:", "\nAssistant:"};
    prompt.grammar.gbnf =
        conversation.json_schema.empty() ? conversation.gbnf : grammar_of_json_schema(conversation.json_schema);
    return prompt;
}

}  // namespace

ChatFormat::ChatFormat(std::shared_ptr<const Model> model) : model_(std::move(model)) {
    silence_llama_common();
    if (llama_model_chat_template(model_->handle(), nullptr) == nullptr) return;
    templates_ = std::make_unique<Templates>();
    try {
        templates_->templates = common_chat_templates_init(model_->handle(), "");
    } catch (const std::exception& error) {
        throw Error(ErrorKind::model, "chat: the template of " + describe(model_->identity()) +
                                          " cannot be used: " + printable(error.what(), 200));
    }
}

ChatFormat::~ChatFormat() = default;

ChatPrompt ChatFormat::prompt(const Conversation& conversation) const {
    require_known_roles(conversation);
    require_one_constraint(conversation);
    if (!templates_) return fallback_prompt(*model_, conversation);
    try {
        const std::lock_guard lock(templates_->rendering);
        const auto params = common_chat_templates_apply(templates_->templates.get(), inputs_of(conversation));
        return chat_prompt_of(*model_, params, conversation);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(ErrorKind::argument, "chat: the model's template refuses this: " + printable(error.what(), 200));
    }
}

ParsedAnswer ChatFormat::parse(const ChatPrompt& prompt, std::string_view answer, AnswerPart part) const {
    if (!prompt.syntax) return {std::string(answer), "", {}};
    try {
        const common_chat_msg message =
            common_chat_parse(std::string(answer), part == AnswerPart::beginning, prompt.syntax->params);
        ParsedAnswer parsed{message.content, message.reasoning_content, {}};
        for (const auto& call : message.tool_calls) parsed.tool_calls.push_back({call.id, call.name, call.arguments});
        return parsed;
    } catch (const std::exception& error) {
        throw Error(ErrorKind::model, "chat: the answer cannot be read: " + printable(error.what(), 200));
    }
}

std::string grammar_of_json_schema(std::string_view schema) {
    silence_llama_common();
    const common_json json = parsed_json(std::string(schema), "the schema");
    try {
        return json_schema_to_grammar(json);
    } catch (const std::exception& error) {
        throw Error(ErrorKind::argument,
                    "chat: the JSON schema cannot become a grammar: " + printable(error.what(), 200));
    }
}

}  // namespace contrans
