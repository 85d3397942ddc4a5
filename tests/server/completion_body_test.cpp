// Bodies of plain completions, and with them the fields that both kinds of completion have.
#include "apps/server/completion_body.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

RequestRules rules() {
    return {.model_names = {"tiny"}, .vocabulary_size = 100, .longest_time = std::chrono::seconds(60)};
}

CompletionBody parse(const std::string& fields) {
    return parse_completion_body("{\"prompt\":\"Hello\"" + std::string(fields.empty() ? "" : ",") + fields + "}",
                                 rules());
}

TEST(CompletionBody, defaults) {
    const CompletionBody body = parse("");
    EXPECT_EQ(std::get<std::string>(body.prompt), "Hello");
    EXPECT_EQ(body.generation.model, "tiny");
    EXPECT_EQ(body.generation.max_tokens, 0U);
    EXPECT_EQ(body.generation.delivery, Delivery::whole);
    EXPECT_FALSE(body.generation.logprobs.has_value());
    EXPECT_FALSE(body.generation.sampling.seed.has_value());
    EXPECT_EQ(body.generation.time_limit, std::chrono::seconds(60));
    EXPECT_TRUE(body.generation.stop.empty());
    EXPECT_TRUE(body.generation.projections.empty());
}

TEST(CompletionBody, every_field_arrives) {
    const CompletionBody body = parse(
        R"("model":"tiny+polite@0.5","concepts":["happy"],"max_tokens":7,"temperature":0.5,"top_k":3,"top_p":0.9,
           "min_p":0.1,"typical_p":0.8,"repetition_penalty":1.1,"presence_penalty":0.2,"frequency_penalty":-0.3,
           "logit_bias":{"5":2.5,"7":-100},"seed":42,"grammar":"root ::= \"a\"","stop":["a","b"],"logprobs":3,
           "time_limit":1.5,"stream":true,"stream_options":{"include_usage":true},"projections":true)");
    const GenerationFields& fields = body.generation;
    ASSERT_EQ(fields.concepts.size(), 2U);
    EXPECT_EQ(fields.concepts[0].dose, 0.5);
    EXPECT_EQ(fields.concepts[1].name, "happy");
    EXPECT_EQ(fields.max_tokens, 7U);
    EXPECT_EQ(fields.sampling.temperature, 0.5);
    EXPECT_EQ(fields.sampling.top_k, 3U);
    EXPECT_EQ(fields.sampling.top_p, 0.9);
    EXPECT_EQ(fields.sampling.min_p, 0.1);
    EXPECT_EQ(fields.sampling.typical_p, 0.8);
    EXPECT_EQ(fields.sampling.repetition_penalty, 1.1);
    EXPECT_EQ(fields.sampling.presence_penalty, 0.2);
    EXPECT_EQ(fields.sampling.frequency_penalty, -0.3);
    ASSERT_EQ(fields.sampling.logit_bias.size(), 2U);
    EXPECT_EQ(fields.sampling.logit_bias[0], (std::pair<Token, double>(5, 2.5)));
    EXPECT_EQ(fields.sampling.logit_bias[1].second, -INFINITY);
    EXPECT_EQ(fields.sampling.seed, 42U);
    EXPECT_EQ(fields.sampling.grammar.gbnf, "root ::= \"a\"");
    EXPECT_EQ(fields.stop, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(fields.logprobs, 3U);
    EXPECT_EQ(fields.time_limit, std::chrono::milliseconds(1500));
    EXPECT_EQ(fields.delivery, Delivery::events_with_usage);
    EXPECT_EQ(fields.projections, (std::vector<std::string>{"polite", "happy"}));
}

TEST(CompletionBody, kinds_of_prompts) {
    const auto prompt = [](const std::string& json) {
        return parse_completion_body("{\"prompt\":" + json + "}", rules()).prompt;
    };
    EXPECT_EQ(std::get<std::vector<Token>>(prompt("[1,2,99]")), (std::vector<Token>{1, 2, 99}));
    EXPECT_EQ(std::get<std::vector<Token>>(prompt("[[1,2]]")), (std::vector<Token>{1, 2}));
    EXPECT_EQ(std::get<std::string>(prompt("[\"a\"]")), "a");
    for (const char* bad : {"\"\"", "[]", "[[]]", "{}", "1", "true", "[\"a\",\"b\"]", "[100]", "[-1]", "[1,\"a\"]",
                            "[1.5]", "[1,[2]]", "[[[[[]]]]]", "[null]"}) {
        EXPECT_THROW((void)prompt(bad), RequestError) << bad;
    }
    EXPECT_TRUE(refuses({400, "prompt", "missing"}, [] { (void)parse_completion_body("{}", rules()); }));
    EXPECT_TRUE(
        refuses({400, "prompt", "missing"}, [] { (void)parse_completion_body(R"({"prompt":null})", rules()); }));
}

TEST(CompletionBody, fields_nobody_knows_are_ignored) {
    EXPECT_NO_THROW((void)parse(R"("user":"me","metadata":{"a":[1]},"service_tier":"auto","store":true)"));
}

TEST(CompletionBody, null_is_as_good_as_missing) {
    EXPECT_NO_THROW(
        (void)parse(R"("stop":null,"seed":null,"logprobs":null,"n":null,"temperature":null,"suffix":null)"));
}

TEST(CompletionBody, another_model_is_not_found) {
    EXPECT_TRUE(refuses({404, "model", "tiny"}, [] { (void)parse(R"("model":"gpt-4")"); }));
    EXPECT_TRUE(refuses({404, "model"}, [] { (void)parse(R"("model":"gpt-4+polite")"); }));
}

TEST(CompletionBody, seeds_of_64_bits_count_whole) {
    const auto seed = [](const char* json) { return parse(std::string("\"seed\":") + json).generation.sampling.seed; };
    EXPECT_NE(seed("4294967298"), seed("8589934594"));
    EXPECT_EQ(seed("7"), 7U);
}

struct Case {
    const char* json;
    const char* param;
};

TEST(CompletionBody, broken_fields_are_refused_by_name) {
    for (const Case& bad :
         std::initializer_list<Case>{{R"("n":2)", "n"},
                                     {R"("n":0)", "n"},
                                     {R"("best_of":3)", "best_of"},
                                     {R"("echo":true)", "echo"},
                                     {R"("suffix":"x")", "suffix"},
                                     {R"("max_tokens":0)", "max_tokens"},
                                     {R"("max_tokens":-1)", "max_tokens"},
                                     {R"("max_tokens":1.5)", "max_tokens"},
                                     {R"("max_tokens":"7")", "max_tokens"},
                                     {R"("max_tokens":99999999999999999999)", "max_tokens"},
                                     {R"("temperature":-0.1)", "temperature"},
                                     {R"("temperature":"hot")", "temperature"},
                                     {R"("temperature":true)", "temperature"},
                                     {R"("top_p":1.1)", "top_p"},
                                     {R"("top_k":-1)", "top_k"},
                                     {R"("min_p":2)", "min_p"},
                                     {R"("repetition_penalty":0)", "repetition_penalty"},
                                     {R"("presence_penalty":3)", "presence_penalty"},
                                     {R"("logit_bias":[1])", "logit_bias"},
                                     {R"("logit_bias":{"a":1})", "logit_bias"},
                                     {R"("logit_bias":{"100":1})", "logit_bias"},
                                     {R"("logit_bias":{"-1":1})", "logit_bias"},
                                     {R"("logit_bias":{"1":101})", "logit_bias.1"},
                                     {R"("logit_bias":{"1":"x"})", "logit_bias.1"},
                                     {R"("seed":-1)", "seed"},
                                     {R"("seed":1.5)", "seed"},
                                     {R"("grammar":7)", "grammar"},
                                     {R"("stop":7)", "stop"},
                                     {R"("stop":[""])", "stop"},
                                     {R"("stop":["a",1])", "stop"},
                                     {R"("stop":{"a":1})", "stop"},
                                     {R"("logprobs":21)", "logprobs"},
                                     {R"("logprobs":-1)", "logprobs"},
                                     {R"("logprobs":"yes")", "logprobs"},
                                     {R"("top_logprobs":3)", "top_logprobs"},
                                     {R"("logprobs":false,"top_logprobs":3)", "top_logprobs"},
                                     {R"("time_limit":0)", "time_limit"},
                                     {R"("time_limit":61)", "time_limit"},
                                     {R"("stream":1)", "stream"},
                                     {R"("stream_options":1)", "stream_options"},
                                     {R"("stream_options":{"include_usage":1})", "stream_options.include_usage"},
                                     {R"("projections":"polite")", "projections"},
                                     {R"("projections":[1])", "projections[0]"},
                                     {R"("projections":["a b"])", "projections[0]"},
                                     {R"("model":7)", "model"}}) {
        EXPECT_TRUE(refuses({400, bad.param}, [&] { (void)parse(bad.json); })) << bad.json;
    }
}

TEST(CompletionBody, long_strings_and_lists_are_refused) {
    const std::string long_stop = "\"stop\":\"" + std::string(1025, 'a') + "\"";
    EXPECT_TRUE(refuses({400, "stop", "1024"}, [&] { (void)parse(long_stop); }));
    std::string stops = "\"stop\":[\"a\"";
    for (int i = 0; i < 16; ++i) stops += ",\"a\"";
    EXPECT_TRUE(refuses({400, "stop", "16"}, [&] { (void)parse(stops + "]"); }));
    EXPECT_TRUE(refuses({400, "model", "2048"}, [] { (void)parse("\"model\":\"" + std::string(3000, 'a') + "\""); }));
    EXPECT_TRUE(
        refuses({400, "grammar", "bytes"}, [] { (void)parse("\"grammar\":\"" + std::string(70000, 'a') + "\""); }));
}

}  // namespace
}  // namespace contrans::server
