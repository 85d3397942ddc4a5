#include "contrans/runtime/chat_format.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "contrans/core/utf8.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/chat_template_with_tools.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;

std::shared_ptr<const Model> with_template(const char* chat_template) {
    const testing::TemporaryFolder folder;
    testing::TinyModel tiny = testing::tiniest();
    tiny.chat_template = chat_template;
    return Model::load(write_tiny_model(folder / "chat.gguf", tiny));
}

std::shared_ptr<const Model> chat_model() {
    static const std::shared_ptr<const Model> model = with_template(testing::kChatTemplateWithTools);
    return model;
}

Conversation asks(const std::string& text) {
    Conversation conversation;
    conversation.turns = {{"user", text, {}, "", ""}};
    return conversation;
}

Conversation asks_with_tool(ToolChoice choice) {
    Conversation conversation = asks("Weather in Oslo?");
    conversation.tools = {{"get_weather", "Tells the weather.",
                           R"({"type":"object","properties":{"city":{"type":"string","maxLength":4}},)"
                           R"("required":["city"],"additionalProperties":false})"}};
    conversation.tool_choice = choice;
    return conversation;
}

TEST(ChatFormat, ABaseModelGetsTheFallbackAndNoTools) {
    const ChatFormat format(testing::tiny_source_model());
    const ChatPrompt prompt = format.prompt(asks("Who?"));
    EXPECT_EQ(prompt.text, "User: Who?\nAssistant:");
    EXPECT_EQ(prompt.stop.front(), "\nUser:");
    EXPECT_EQ(format.parse(prompt, " Me.").content, " Me.");
    EXPECT_TRUE(throws_error(ErrorKind::model, {"no chat template", "tools"},
                             [&] { (void)format.prompt(asks_with_tool(ToolChoice::automatic)); }));
    Conversation json = asks("Who?");
    json.json_schema = R"({"type":"object"})";
    EXPECT_NE(format.prompt(json).grammar.gbnf.find("root ::="), std::string::npos);
}

TEST(ChatFormat, TheModelsTemplateIsUsed) {
    const ChatFormat format(chat_model());
    const ChatPrompt prompt = format.prompt(asks("Who?"));
    EXPECT_EQ(prompt.text, "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_TRUE(prompt.grammar.gbnf.empty());
    const ParsedAnswer answer = format.parse(prompt, "Just me.");
    EXPECT_EQ(answer.content, "Just me.");
    EXPECT_TRUE(answer.tool_calls.empty());
}

TEST(ChatFormat, AnAnswerBegunIsGoneOnWith) {
    const ChatFormat format(chat_model());
    Conversation conversation = asks("Who?");
    conversation.turns.push_back({"assistant", "It is", {}, "", ""});
    const std::string text = format.prompt(conversation).text;
    EXPECT_TRUE(text.ends_with("<|im_start|>assistant\nIt is")) << text;
}

TEST(ChatFormat, ToolsAreShownAndTheirCallsRead) {
    const ChatFormat format(chat_model());
    const ChatPrompt prompt = format.prompt(asks_with_tool(ToolChoice::automatic));
    EXPECT_NE(prompt.text.find("get_weather"), std::string::npos);
    const ParsedAnswer answer = format.parse(
        prompt, "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>");
    ASSERT_EQ(answer.tool_calls.size(), 1U);
    EXPECT_EQ(answer.tool_calls[0].name, "get_weather");
    EXPECT_NE(answer.tool_calls[0].arguments.find("\"Oslo\""), std::string::npos);
    EXPECT_EQ(format.parse(prompt, "No idea.").content, "No idea.");
    EXPECT_EQ(format.parse(prompt, "No id", AnswerPart::beginning).content, "No id");
}

TEST(ChatFormat, CallsAndTheirAnswersGoBackToTheModel) {
    const ChatFormat format(chat_model());
    Conversation conversation = asks_with_tool(ToolChoice::automatic);
    conversation.turns.push_back({"assistant", "", {{"call-1", "get_weather", R"({"city":"Oslo"})"}}, "", ""});
    conversation.turns.push_back({"tool", "rain", {}, "call-1", "get_weather"});
    const std::string text = format.prompt(conversation).text;
    EXPECT_NE(text.find("<tool_call>"), std::string::npos) << text;
    EXPECT_NE(text.find("rain"), std::string::npos);
}

/// Draws from random logits, but for the first tokens, which are told.
std::string drawn(Sampler& sampler, const std::string& told, unsigned seed) {
    const Tokenizer& tokenizer = chat_model()->tokenizer();
    const std::vector<Token> first = tokenizer.tokenise(told);
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::string text;
    for (std::size_t i = 0; i < 300; ++i) {
        std::vector<float> logits(chat_model()->vocabulary_size());
        for (std::size_t token = 0; token < logits.size(); ++token) {
            // Grammars let halves of characters pass.
            const std::string piece = tokenizer.piece(static_cast<Token>(token));
            logits[token] = first_invalid_utf8(piece) ? -1000.0F : normal(random);
        }
        if (i < first.size()) logits[static_cast<std::size_t>(first[i])] = 100;
        const Token token = sampler.sample(logits);
        if (tokenizer.ends_generation(token)) break;
        text += tokenizer.piece(token);
        if (text.ends_with("</tool_call>")) break;  // more may follow
    }
    return text;
}

TEST(ChatFormat, ACallBegunOrRequiredIsWrittenToItsEndWhateverTheModelSays) {
    const ChatFormat format(chat_model());
    for (const ToolChoice choice : {ToolChoice::required, ToolChoice::automatic}) {
        const ChatPrompt prompt = format.prompt(asks_with_tool(choice));
        ASSERT_FALSE(prompt.grammar.gbnf.empty());
        for (unsigned seed = 0; seed < 3; ++seed) {
            SamplerOptions options;
            options.seed = seed;
            options.grammar = prompt.grammar;
            Sampler sampler(chat_model(), options);
            // A call that is required needs no telling.
            const bool required = choice == ToolChoice::required;
            const std::string text = drawn(sampler, required ? "I would say" : "<tool_call>\n", seed);
            ASSERT_TRUE(text.starts_with("<tool_call>") && text.ends_with("</tool_call>")) << text;
            const ParsedAnswer answer = format.parse(prompt, text);
            ASSERT_GE(answer.tool_calls.size(), 1U) << text;
            EXPECT_EQ(answer.tool_calls[0].name, "get_weather");
            EXPECT_NE(answer.tool_calls[0].arguments.find("city"), std::string::npos) << text;
        }
    }
}

TEST(ChatFormat, ATemplateThatKnowsNoToolsIsNotGivenAny) {
    const ChatFormat format(with_template("{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"));
    EXPECT_EQ(format.prompt(asks("Who?")).text, "[user]Who?");
    for (const ToolChoice choice : {ToolChoice::required, ToolChoice::automatic}) {
        EXPECT_TRUE(throws_error(ErrorKind::model, {"template", "tools"},
                                 [&] { (void)format.prompt(asks_with_tool(choice)); }));
    }
    EXPECT_EQ(format.prompt(asks_with_tool(ToolChoice::none)).text.find("call"), std::string::npos);
}

TEST(ChatFormat, RefusesWhatItCannotRender) {
    const ChatFormat format(chat_model());
    const auto refuses = [&](const std::vector<std::string>& parts, auto change) {
        Conversation conversation = asks("Who?");
        change(conversation);
        EXPECT_TRUE(throws_error(ErrorKind::argument, parts, [&] { (void)format.prompt(conversation); }));
    };
    refuses({"must not be empty"}, [](auto& c) { c.turns.clear(); });
    refuses({"role", "robot"}, [](auto& c) { c.turns[0].role = "robot"; });
    refuses({"schema", "JSON"}, [](auto& c) { c.json_schema = "{\"type\":"; });
    refuses({"parameters", "f"}, [](auto& c) { c.tools = {{"f", "", "nonsense"}}; });
    refuses({"grammar"}, [](auto& c) {
        c.gbnf = "root ::= \"a\"";
        c.json_schema = "{}";
    });
}

}  // namespace
}  // namespace contrans
