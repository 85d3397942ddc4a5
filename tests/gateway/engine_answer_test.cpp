#include "apps/gateway/engine_answer.h"

#include "gtest/gtest.h"

namespace contrans::gateway {
namespace {

using server::Json;

const Engine kEngine{.name = "polite", .address = {}, .model = "", .key_file = "", .key = "", .mix = {}};

AnswerPart part(const char* json, AnswerKind kind = AnswerKind::chat) { return answer_part(Json::parse(json), kind); }

TEST(EngineAnswer, is_read_from_chunks_and_whole_answers) {
    const AnswerPart chunk = part(R"({"choices": [{"delta": {"content": "Hi"}, "finish_reason": null}]})");
    EXPECT_EQ(chunk.text, "Hi");
    EXPECT_TRUE(chunk.tells);
    EXPECT_FALSE(chunk.finish_reason);
    EXPECT_FALSE(part(R"({"choices": [{"delta": {"role": "assistant", "content": null}}]})").tells);
    EXPECT_TRUE(part(R"({"choices": [{"delta": {"reasoning_content": "hm"}}]})").tells);
    EXPECT_TRUE(part(R"({"choices": [{"delta": {"tool_calls": [{}]}}]})").tells);
    const AnswerPart whole = part(R"({"choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}],
                                      "usage": {"prompt_tokens": 5, "completion_tokens": 3}})");
    EXPECT_EQ(whole.finish_reason, "length");
    EXPECT_EQ(whole.prompt_tokens, 5U);
    EXPECT_EQ(whole.written_tokens, 3U);
    EXPECT_EQ(part(R"({"choices": [{"text": "Hi"}]})", AnswerKind::text).text, "Hi");
    EXPECT_EQ(part(R"({"choices": [], "timings": {"prompt_n": 4, "predicted_n": 7}})").written_tokens, 7U);
    EXPECT_EQ(part(R"({"error": {"message": "no slot"}})").error, "no slot");
}

TEST(EngineAnswer, of_other_shapes_says_nothing) {
    for (const char* strange : {R"({})", R"({"choices": 4})", R"({"choices": [[]]})", R"({"choices": {"0": 1}})",
                                R"({"choices": [{"delta": "x", "finish_reason": 4}], "usage": [1], "timings": "x"})",
                                R"({"choices": [{"delta": {"content": {"a": 1}, "tool_calls": {}}}]})",
                                R"({"usage": {"prompt_tokens": -1, "completion_tokens": "many"}, "error": null})"}) {
        const AnswerPart nothing = part(strange);
        EXPECT_EQ(nothing.text, "") << strange;
        EXPECT_FALSE(nothing.tells || nothing.finish_reason || nothing.written_tokens || nothing.error) << strange;
    }
}

TEST(EngineAnswer, that_is_no_object_is_the_engines_fault) {
    for (const char* broken : {"", "<html>", "[1]", "{\"a\": 1", "{\"a\": \"\xFF\"}"}) {
        try {
            (void)engine_json(kEngine, broken);
            ADD_FAILURE() << broken;
        } catch (const EngineTrouble& trouble) {
            EXPECT_EQ(trouble.shown().status(), 502);
            EXPECT_EQ(trouble.shown().code(), "engine_answer_broken");
            EXPECT_EQ(trouble.reason(), FinishReason::failed);
        }
    }
}

TEST(EngineAnswer, refusals_keep_status_and_words) {
    const auto error = passed_on(
        kEngine, 400, R"({"error": {"message": "too long", "type": "exceed", "param": "prompt", "code": 400}})", "");
    EXPECT_EQ(error.status(), 400);
    EXPECT_STREQ(error.what(), "too long");
    EXPECT_EQ(error.type(), "exceed");
    EXPECT_EQ(error.param(), "prompt");
    EXPECT_EQ(passed_on(kEngine, 429, "slow down", "7").retry_after().count(), 7);
    EXPECT_STREQ(passed_on(kEngine, 422, R"({"error": "plain words"})", "").what(), "plain words");
    EXPECT_STREQ(passed_on(kEngine, 404, "<html>", "x").what(), "engine polite answered with status 404");
    EXPECT_LT(std::string(passed_on(kEngine, 400, Json{{"error", std::string(100'000, 'x')}}.dump(), "").what()).size(),
              2100U);
    for (const unsigned status : {401U, 403U, 500U, 503U, 204U, 302U}) {
        EXPECT_THROW((void)passed_on(kEngine, status, "", ""), EngineTrouble) << status;
    }
}

}  // namespace
}  // namespace contrans::gateway
