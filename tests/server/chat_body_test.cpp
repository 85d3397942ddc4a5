#include "apps/server/chat_body.h"

#include "apps/server/embedding_body.h"
#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

RequestRules rules() {
    return {.model_names = {"tiny"}, .vocabulary_size = 100, .longest_time = std::chrono::seconds(60)};
}

ChatBody parse(const std::string& fields) { return parse_chat_body("{" + fields + "}", rules()); }

const std::string kHello = R"("messages":[{"role":"user","content":"Hello"}])";
const std::string kTool =
    R"("tools":[{"type":"function","function":{"name":"weather","description":"d","parameters":{"type":"object"}}},
                {"type":"function","function":{"name":"time"}}])";

TEST(ChatBody, messages) {
    const ChatBody body = parse(
        R"("messages":[{"role":"system","content":"Be kind."},
                       {"role":"user","content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]},
                       {"role":"assistant","content":null,"tool_calls":[
                          {"id":"1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bonn\"}"}}]},
                       {"role":"tool","tool_call_id":"1","content":"rain"}])");
    const auto& turns = body.conversation.turns;
    ASSERT_EQ(turns.size(), 4U);
    EXPECT_EQ(turns[0].role, "system");
    EXPECT_EQ(turns[1].content, "Hello");
    ASSERT_EQ(turns[2].tool_calls.size(), 1U);
    EXPECT_EQ(turns[2].tool_calls[0], (ToolCall{"1", "weather", "{\"city\":\"Bonn\"}"}));
    EXPECT_EQ(turns[3].tool_call_id, "1");
    EXPECT_EQ(turns[3].content, "rain");
}

TEST(ChatBody, logprobs_as_chat_says_them) {
    EXPECT_EQ(parse(kHello + R"(,"logprobs":true)").generation.logprobs, 0U);
    EXPECT_EQ(parse(kHello + R"(,"logprobs":true,"top_logprobs":4)").generation.logprobs, 4U);
    EXPECT_FALSE(parse(kHello + R"(,"logprobs":false)").generation.logprobs.has_value());
    EXPECT_EQ(parse(kHello + R"(,"max_completion_tokens":5,"max_tokens":9)").generation.max_tokens, 5U);
}

TEST(ChatBody, tools) {
    const ChatBody body = parse(kHello + "," + kTool);
    ASSERT_EQ(body.conversation.tools.size(), 2U);
    EXPECT_EQ(body.conversation.tools[0].name, "weather");
    EXPECT_EQ(body.conversation.tools[0].description, "d");
    EXPECT_EQ(body.conversation.tools[0].parameters, R"({"type":"object"})");
    EXPECT_EQ(body.conversation.tools[1].parameters, "{}");
    EXPECT_EQ(body.conversation.tool_choice, ToolChoice::automatic);
    EXPECT_EQ(body.conversation.at_once, ToolCallsAtOnce::one);
    EXPECT_EQ(parse(kHello + "," + kTool + R"(,"parallel_tool_calls":true)").conversation.at_once,
              ToolCallsAtOnce::several);
    EXPECT_EQ(parse(kHello + "," + kTool + R"(,"tool_choice":"none")").conversation.tool_choice, ToolChoice::none);
    EXPECT_EQ(parse(kHello + "," + kTool + R"(,"tool_choice":"required")").conversation.tool_choice,
              ToolChoice::required);
}

TEST(ChatBody, one_tool_by_name_leaves_the_others_out) {
    const ChatBody body =
        parse(kHello + "," + kTool + R"(,"tool_choice":{"type":"function","function":{"name":"time"}})");
    ASSERT_EQ(body.conversation.tools.size(), 1U);
    EXPECT_EQ(body.conversation.tools[0].name, "time");
    EXPECT_EQ(body.conversation.tool_choice, ToolChoice::required);
}

TEST(ChatBody, response_formats) {
    const auto schema = [](const std::string& format) {
        return parse(kHello + ",\"response_format\":" + format).conversation.json_schema;
    };
    EXPECT_EQ(schema(R"({"type":"text"})"), "");
    EXPECT_EQ(schema(R"({"type":"json_object"})"), R"({"type": "object"})");
    EXPECT_EQ(schema(R"({"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}})"),
              R"({"type":"object"})");
    EXPECT_EQ(parse(kHello + R"(,"grammar":"root ::= \"a\"")").conversation.gbnf, "root ::= \"a\"");
}

struct Case {
    std::string json;
    const char* param;
};

TEST(ChatBody, broken_ones_are_refused_by_name) {
    for (const Case& bad : std::initializer_list<Case>{
             {"", "messages"},
             {R"("messages":[])", "messages"},
             {R"("messages":"Hello")", "messages"},
             {R"("messages":["Hello"])", "messages[0]"},
             {R"("messages":[{"content":"a"}])", "messages[0].role"},
             {R"("messages":[{"role":"king","content":"a"}])", "messages[0].role"},
             {R"("messages":[{"role":"user"}])", "messages[0].content"},
             {R"("messages":[{"role":"user","content":""}])", "messages[0].content"},
             {R"("messages":[{"role":"user","content":7}])", "messages[0].content"},
             {R"("messages":[{"role":"user","content":[{"type":"image_url"}]}])", "messages[0].content[0].type"},
             {R"("messages":[{"role":"user","content":[{"type":"text"}]}])", "messages[0].content[0].text"},
             {R"("messages":[{"role":"user","content":"a","tool_calls":[{"function":{"name":"f"}}]}])",
              "messages[0].tool_calls"},
             {R"("messages":[{"role":"assistant","tool_calls":[{}]}])", "messages[0].tool_calls[0].function"},
             {kHello + R"(,"tools":{})", "tools"},
             {kHello + R"(,"tools":[{"type":"search"}])", "tools[0].type"},
             {kHello + R"(,"tools":[{"type":"function"}])", "tools[0].function"},
             {kHello + R"(,"tools":[{"function":{"name":"f","parameters":"x"}}])", "tools[0].function.parameters"},
             {kHello + R"(,"tool_choice":"maybe")", "tool_choice"},
             {kHello + R"(,"tool_choice":"required")", "tool_choice"},
             {kHello + R"(,"tool_choice":7)", "tool_choice"},
             {kHello + "," + kTool + R"(,"tool_choice":{"function":{"name":"other"}})", "tool_choice"},
             {kHello + R"(,"response_format":"json")", "response_format"},
             {kHello + R"(,"response_format":{})", "response_format.type"},
             {kHello + R"(,"response_format":{"type":"xml"})", "response_format.type"},
             {kHello + R"(,"response_format":{"type":"json_schema"})", "response_format.json_schema.schema"},
             {kHello + "," + kTool + R"(,"grammar":"root ::= \"a\"")", "grammar"},
             {kHello + "," + kTool + R"(,"response_format":{"type":"json_object"})", "response_format"},
             {kHello + R"(,"grammar":"x","response_format":{"type":"json_object"})", "grammar"}}) {
        EXPECT_TRUE(refuses({400, bad.param}, [&] { (void)parse(bad.json); })) << bad.json;
    }
}

TEST(EmbeddingBody, inputs_and_our_fields) {
    const auto parsed = [](const std::string& json) { return parse_embedding_body("{" + json + "}", rules()); };
    EXPECT_EQ(parsed(R"("input":"a")").inputs.size(), 1U);
    EXPECT_EQ(parsed(R"("input":["a","b"])").inputs.size(), 2U);
    EXPECT_EQ(std::get<std::vector<Token>>(parsed(R"("input":[1,2])").inputs[0]), (std::vector<Token>{1, 2}));
    EXPECT_EQ(parsed(R"("input":[[1,2],[3]])").inputs.size(), 2U);
    const EmbeddingBody body =
        parsed(R"("input":"a","layer":2,"pooling":"last","encoding_format":"base64","concepts":["x"])");
    EXPECT_EQ(body.layer->value, 2U);
    EXPECT_EQ(body.pooling, TextPosition::last);
    EXPECT_EQ(body.format, FloatFormat::base64);
    EXPECT_EQ(body.concepts.at(0).name, "x");
    for (const char* bad : {R"("x":1)", R"("input":"")", R"("input":[])", R"("input":[""])", R"("input":[[]])",
                            R"("input":7)", R"("input":["a",1])", R"("input":"a","layer":-1)",
                            R"("input":"a","pooling":"max")", R"("input":"a","dimensions":3)",
                            R"("input":"a","encoding_format":"hex")", R"("input":"a","model":"other")"}) {
        EXPECT_THROW((void)parsed(bad), RequestError) << bad;
    }
}

}  // namespace
}  // namespace contrans::server
