// Chat answers as they are taken apart and streamed. The texts are given: a random model calls no tool.
#include <string>
#include <vector>

#include "apps/server/answer_format.h"
#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"

namespace contrans::server {
namespace {

const std::string kCall = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>";

class ChatAnswerFormatTest : public ::testing::Test {
protected:
    [[nodiscard]] std::unique_ptr<AnswerFormat> format(std::vector<Tool> tools) const {
        Conversation conversation;
        conversation.turns = {{"user", "How is the weather?", {}, "", ""}};
        conversation.tools = std::move(tools);
        return chat_answer_format({"id", "tiny", 7}, {}, chat_, chat_.prompt(conversation));
    }
    [[nodiscard]] std::unique_ptr<AnswerFormat> with_tool() const {
        return format({{"weather", "", R"({"type":"object","properties":{"city":{"type":"string"}}})"}});
    }

    testing::ServingFolder folder_;
    ChatFormat chat_{Model::load(folder_ / "tiny.gguf")};
};

struct Streamed {
    std::string content;
    std::vector<Json> calls;
    std::vector<std::string> roles;
    std::string reason;
};

Streamed stream(AnswerFormat& format, const std::vector<std::string>& pieces) {
    Streamed all;
    const auto take = [&](const std::vector<Json>& chunks) {
        for (const Json& chunk : chunks) {
            const Json& choice = chunk["choices"][0];
            const Json& delta = choice["delta"];
            all.content += delta.value("content", "");
            if (delta.contains("role")) all.roles.push_back(delta["role"]);
            if (delta.contains("tool_calls")) all.calls.push_back(delta["tool_calls"][0]);
            if (choice["finish_reason"].is_string()) all.reason = choice["finish_reason"];
        }
    };
    for (const std::string& piece : pieces) take(format.chunks({piece, {}}));
    take(format.last_chunks({}));
    return all;
}

TEST_F(ChatAnswerFormatTest, text_goes_out_as_it_comes) {
    const auto all = format({});
    EXPECT_EQ(all->chunks({"Rain", {}}).size(), 2U) << "the role, then text";
    const Streamed rest = stream(*all, {" and ", "sun."});
    EXPECT_EQ(rest.content, " and sun.");
    EXPECT_TRUE(rest.roles.empty()) << "it is said once";
    EXPECT_EQ(rest.reason, "stop");
}

TEST_F(ChatAnswerFormatTest, a_tool_call_is_never_text) {
    const Streamed got =
        stream(*with_tool(), {"Let me", " see.", kCall.substr(0, 5), kCall.substr(5, 20), kCall.substr(25)});
    EXPECT_EQ(got.content.find("tool_call"), std::string::npos) << got.content;
    ASSERT_EQ(got.calls.size(), 1U);
    EXPECT_EQ(got.calls[0]["index"], 0);
    EXPECT_EQ(got.calls[0]["function"]["name"], "weather");
    EXPECT_EQ(Json::parse(got.calls[0]["function"]["arguments"].get<std::string>()), Json({{"city", "Bonn"}}));
    EXPECT_EQ(got.reason, "tool_calls");
    EXPECT_EQ(got.roles, std::vector<std::string>{"assistant"});
}

TEST_F(ChatAnswerFormatTest, whole_answers_with_and_without_calls) {
    const Json called = with_tool()->whole({kCall, {}}, {});
    EXPECT_EQ(called["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "weather") << called;
    EXPECT_EQ(called["choices"][0]["finish_reason"], "tool_calls");
    const Json plain = with_tool()->whole({"It rains.", {}}, {});
    EXPECT_EQ(plain["choices"][0]["message"]["content"], "It rains.");
    EXPECT_FALSE(plain["choices"][0]["message"].contains("tool_calls"));
}

TEST_F(ChatAnswerFormatTest, a_call_that_breaks_off_does_not_end_as_one) {
    CompletionEnd end;
    end.reason = FinishReason::length;
    const Json cut = with_tool()->whole({kCall.substr(0, 30), {}}, end);
    EXPECT_EQ(cut["choices"][0]["finish_reason"], "length");
}

TEST_F(ChatAnswerFormatTest, every_call_has_an_id_of_its_own) {
    const Json two = with_tool()->whole({kCall, {}}, {});
    const Json other = with_tool()->whole({kCall, {}}, {});
    const auto id = [](const Json& json) {
        return json["choices"][0]["message"]["tool_calls"][0]["id"].get<std::string>();
    };
    EXPECT_FALSE(id(two).empty());
    EXPECT_NE(id(two), id(other));
}

}  // namespace
}  // namespace contrans::server
