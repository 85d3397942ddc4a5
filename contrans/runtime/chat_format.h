#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/runtime/sampler.h"

namespace contrans {

class Model;
struct AnswerSyntax;  // llama-common's, hidden

/// A function that the model called; `arguments` is JSON text.
struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;
    friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

/// A function that the model may call; `parameters` is a JSON schema as text.
struct Tool {
    std::string name;
    std::string description;
    std::string parameters = "{}";
};

/// One message of a conversation that may use tools; roles are system, developer, user, assistant and tool.
struct ChatTurn {
    std::string role;
    std::string content;
    std::vector<ToolCall> tool_calls;  ///< the assistant's
    std::string tool_call_id;          ///< of role tool: which call this answers
    std::string name;                  ///< of role tool: the function; may be empty
};

enum class ToolChoice { automatic, required, none };
enum class ToolCallsAtOnce { one, several };

struct Conversation {
    std::vector<ChatTurn> turns;
    std::vector<Tool> tools;
    ToolChoice tool_choice = ToolChoice::automatic;
    ToolCallsAtOnce at_once = ToolCallsAtOnce::one;
    std::string json_schema;  ///< the answer must be JSON of this schema (text); empty: none
    std::string gbnf;         ///< the answer must follow this grammar; empty: none; not together with a schema or tools
};

/// A conversation as the model reads it, and what its answer must be sampled and read with.
struct ChatPrompt {
    std::string text;                            ///< to be tokenised with SpecialTokens::parse
    Grammar grammar;                             ///< for SamplerOptions
    std::vector<std::string> stop;               ///< strings that end the answer
    std::vector<Token> visible_tokens;           ///< control tokens that belong to the answer's text (tool call marks)
    std::shared_ptr<const AnswerSyntax> syntax;  ///< for ChatFormat::parse; null: all of an answer is content
};

struct ParsedAnswer {
    std::string content;
    std::string reasoning;  ///< what a thinking model thought; empty for others
    std::vector<ToolCall> tool_calls;
};

enum class AnswerPart { whole, beginning };

/// The model's chat template (Jinja) and tool syntax, through llama-common. Thread-safe.
///
/// A model without a template (a base model) gets chat_template.h's "System: …\nUser: …\nAssistant:" and no tools.
class ChatFormat {
public:
    explicit ChatFormat(std::shared_ptr<const Model> model);
    ~ChatFormat();
    ChatFormat(const ChatFormat&) = delete;
    ChatFormat& operator=(const ChatFormat&) = delete;

    /// Whether the model brings a template of its own.
    [[nodiscard]] bool has_template() const { return templates_ != nullptr; }

    /// Throws Error{argument} for no messages, an unknown role, JSON that does not parse, a schema that cannot become a
    /// grammar, or what the template refuses; Error{model} for tools where the model has no template or one that cannot
    /// carry them.
    [[nodiscard]] ChatPrompt prompt(const Conversation& conversation) const;

    /// The answer's parts. Of a beginning (an answer being streamed) as much as is sure. Throws Error{model} when a
    /// whole answer breaks the syntax of its tool calls.
    [[nodiscard]] ParsedAnswer parse(const ChatPrompt& prompt, std::string_view answer,
                                     AnswerPart part = AnswerPart::whole) const;

private:
    struct Templates;
    std::shared_ptr<const Model> model_;
    std::unique_ptr<Templates> templates_;  // null: the model has none
};

/// The grammar of JSON texts that follow a schema. Throws Error{argument} when the text is no JSON or the schema uses
/// what llama-common cannot express.
[[nodiscard]] std::string grammar_of_json_schema(std::string_view schema);

}  // namespace contrans
