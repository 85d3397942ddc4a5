// The server end to end: a tiny model behind a real socket.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::chat_body;
using testing::completion_body;
using testing::HttpAnswer;
using testing::ServingBench;

std::string joined_text(const HttpAnswer& answer) {
    std::string text;
    for (const json& event : answer.events()) {
        for (const json& choice : event["choices"]) {
            if (choice.contains("text")) text += choice["text"].get<std::string>();
            if (choice.contains("delta")) text += choice["delta"].value("content", "");
        }
    }
    return text;
}

TEST(Serving, tells_what_it_is) {
    const ServingBench bench([](auto& options) { options.aliases = {"gemma"}; });
    EXPECT_EQ(bench.get("/health").json()["status"], "ok");
    const json models = bench.get("/v1/models").json();
    EXPECT_EQ(models["data"][0]["id"], "gemma");
    EXPECT_EQ(models["data"][1]["id"], "tiny");
    EXPECT_EQ(bench.get("/v1/models/tiny").json()["object"], "model");
    EXPECT_EQ(bench.get("/v1/models/gemma%2Bhappy").status, 200);
    EXPECT_EQ(bench.get("/v1/models/other").error("code"), "model_not_found");
    EXPECT_EQ(bench.get("/nowhere").status, 404);
    EXPECT_EQ(bench.get("/v1/completions").status, 405);
    EXPECT_NE(bench.get("/metrics").body.find("contrans_generated_tokens_total"), std::string::npos);
}

TEST(Serving, lists_concepts_with_their_ranges_and_no_controls) {
    const ServingBench bench;
    const json got = bench.get("/v1/concepts").json();
    ASSERT_EQ(got["data"].size(), 3U);
    EXPECT_EQ(got["data"][0]["name"], "happy");
    EXPECT_EQ(got["data"][0]["dose_range"], json({-0.75, 0.75}));
    EXPECT_EQ(got["data"][0]["usual_dose"], 0.5);
    EXPECT_EQ(got["data"][0]["layers"], json({2}));
    EXPECT_EQ(got["data"][0]["sha256"].get<std::string>().size(), 64U);
    EXPECT_EQ(bench.get("/v1/concepts/polite").json()["name"], "polite");
    EXPECT_EQ(bench.get("/v1/concepts/nobody").error("code"), "concept_not_found");
}

TEST(Serving, completions_are_repeatable_and_counted) {
    const ServingBench bench;
    const json answer = bench.complete().json();
    EXPECT_EQ(answer["object"], "text_completion");
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(answer["usage"]["completion_tokens"], 12);
    EXPECT_GT(answer["usage"]["prompt_tokens"], 3);
    EXPECT_TRUE(answer["contrans"]["concepts"].empty());
    EXPECT_EQ(bench.text(), answer["choices"][0]["text"]);
    json warm = {{"temperature", 20}, {"top_k", 0}, {"top_p", 1}, {"min_p", 0}, {"seed", 5}};
    EXPECT_EQ(bench.text(warm), bench.text(warm));
    const std::string first = bench.text(warm);
    warm["seed"] = 6;
    EXPECT_NE(bench.text(warm), first);
}

TEST(Serving, a_concept_changes_the_answer_and_says_so) {
    const ServingBench bench;
    const std::string plain = bench.text();
    const json answer = bench.complete({{"concepts", {{{"name", "happy"}, {"dose", 0.7}}}}}).json();
    EXPECT_NE(answer["choices"][0]["text"], plain);
    const json& applied = answer["contrans"]["concepts"][0];
    EXPECT_EQ(applied["concept"], "happy");
    EXPECT_DOUBLE_EQ(applied["dose"].get<double>(), 0.7);
    EXPECT_EQ(applied["layers"], json({2}));
    EXPECT_EQ(applied["operator"], "add");
    EXPECT_EQ(applied["sha256"], bench.get("/v1/concepts/happy").json()["sha256"]);
    EXPECT_NE(bench.text({{"concepts", {{{"name", "happy"}, {"dose", -0.7}}}}}), answer["choices"][0]["text"]);
    EXPECT_EQ(bench.text(), plain) << "nothing leaks to the next request";
}

TEST(Serving, the_model_name_carries_concepts_too) {
    const ServingBench bench;
    const json body = {{"model", "tiny+happy@0.7"}};
    EXPECT_EQ(bench.text(body), bench.text({{"concepts", {{{"name", "happy"}, {"dose", 0.7}}}}}));
    EXPECT_EQ(bench.complete(body).json()["model"], "tiny+happy@0.7");
    EXPECT_EQ(bench.complete({{"model", "tiny+happy"}}).json()["contrans"]["concepts"][0]["dose"], 0.5);
}

TEST(Serving, operators_and_gates_reach_the_model) {
    const ServingBench bench;
    for (const json& choice : {json{{"name", "happy"}, {"operator", "project_out"}},
                               json{{"name", "happy"}, {"dose", 0.7}, {"operator", "add_keeping_norm"}},
                               json{{"name", "happy"}, {"dose", 0.7}, {"operator", "clamp"}},
                               json{{"name", "happy"}, {"dose", 0.7}, {"tokens", "generated"}, {"after", 2}},
                               json{{"name", "happy"}, {"gate", {{"name", "polite"}, {"threshold", -100}}}}}) {
        const json answer = bench.complete({{"concepts", {choice}}}).json();
        ASSERT_TRUE(answer.contains("contrans")) << answer;
        EXPECT_EQ(answer["contrans"]["concepts"][0]["operator"], choice.value("operator", "add"));
    }
    const json shut = {{"name", "happy"}, {"dose", 0.7}, {"gate", {{"name", "polite"}, {"threshold", 1e5}}}};
    EXPECT_EQ(bench.text({{"concepts", {shut}}}), bench.text()) << "a gate that never opens";
}

TEST(Serving, streams_what_it_would_have_answered) {
    const ServingBench bench;
    const json steered = {{"concepts", {"happy"}}};
    json streamed = steered;
    streamed["stream"] = true;
    streamed["stream_options"] = {{"include_usage", true}};
    const HttpAnswer answer = bench.complete(streamed);
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.headers.at("content-type").starts_with("text/event-stream"));
    EXPECT_TRUE(answer.done_event_came());
    EXPECT_EQ(joined_text(answer), bench.text(steered));
    const auto events = answer.events();
    EXPECT_EQ(events.front()["contrans"]["concepts"][0]["concept"], "happy");
    EXPECT_EQ(events.back()["usage"]["completion_tokens"], 12);
    EXPECT_EQ(events[events.size() - 2]["choices"][0]["finish_reason"], "length");
}

TEST(Serving, chats) {
    const ServingBench bench;
    const json whole = bench.post("/v1/chat/completions", chat_body()).json();
    ASSERT_TRUE(whole.contains("choices")) << whole;
    EXPECT_EQ(whole["object"], "chat.completion");
    EXPECT_EQ(whole["choices"][0]["message"]["role"], "assistant");
    const HttpAnswer streamed = bench.post("/v1/chat/completions", chat_body({{"stream", true}}));
    EXPECT_EQ(joined_text(streamed), whole["choices"][0]["message"]["content"]);
    EXPECT_EQ(streamed.events().front()["choices"][0]["delta"]["role"], "assistant");
    EXPECT_TRUE(streamed.done_event_came());
}

TEST(Serving, grammars_schemas_and_stops_shape_the_answer) {
    const ServingBench bench;
    EXPECT_EQ(bench.text({{"grammar", "root ::= \"yes and no\""}}), "yes and no");
    EXPECT_EQ(bench.text({{"grammar", "root ::= \"yes and no\""}, {"stop", "and"}}), "yes ");
    const json schema = {{"type", "object"},
                         {"properties", {{"mood", {{"enum", {"glad", "sad"}}}}}},
                         {"required", {"mood"}},
                         {"additionalProperties", false}};
    const json format = {{"type", "json_schema"}, {"json_schema", {{"name", "m"}, {"schema", schema}}}};
    const json answer =
        bench.post("/v1/chat/completions", chat_body({{"response_format", format}, {"max_tokens", 100}})).json();
    const json got = json::parse(answer["choices"][0]["message"]["content"].get<std::string>(), nullptr, false);
    ASSERT_TRUE(got.is_object()) << answer;
    EXPECT_TRUE(got["mood"] == "glad" || got["mood"] == "sad");
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "stop");
}

TEST(Serving, logprobs_and_projections_of_every_token) {
    const ServingBench bench;
    const json answer =
        bench.complete({{"logprobs", 3}, {"concepts", {"happy"}}, {"projections", {"happy", "polite"}}}).json();
    const json& logprobs = answer["choices"][0]["logprobs"];
    ASSERT_EQ(logprobs["tokens"].size(), 12U);
    EXPECT_GE(logprobs["top_logprobs"][0].size(), 1U);  // by text: two tokens of one text are one
    EXPECT_LE(logprobs["token_logprobs"][0], 0);
    ASSERT_EQ(answer["contrans"]["projections"].size(), 12U);
    EXPECT_TRUE(answer["contrans"]["projections"][0]["doses"]["polite"].is_number());
    const json chat = bench.post("/v1/chat/completions", chat_body({{"logprobs", true}, {"top_logprobs", 2}})).json();
    ASSERT_EQ(chat["choices"][0]["logprobs"]["content"].size(), 12U);
    EXPECT_EQ(chat["choices"][0]["logprobs"]["content"][0]["top_logprobs"].size(), 2U);
    EXPECT_FALSE(bench.complete({{"concepts", {"happy"}}}).json()["contrans"].contains("projections"));
}

TEST(Serving, embeddings_are_hidden_states) {
    const ServingBench bench;
    const json answer = bench.post("/v1/embeddings", {{"input", {"The weather", "is fine"}}, {"layer", 2}}).json();
    ASSERT_TRUE(answer.contains("data")) << answer;
    ASSERT_EQ(answer["data"].size(), 2U);
    EXPECT_EQ(answer["data"][0]["embedding"].size(), 64U);
    EXPECT_EQ(answer["data"][1]["index"], 1);
    EXPECT_EQ(answer["contrans"]["layer"], 2);
    EXPECT_GT(answer["usage"]["prompt_tokens"], 4);
    const json packed =
        bench.post("/v1/embeddings", {{"input", "The weather"}, {"layer", 2}, {"encoding_format", "base64"}}).json();
    EXPECT_EQ(packed["data"][0]["embedding"].get<std::string>().size(), (64 * 4 + 2) / 3 * 4U);
    const json steered =
        bench.post("/v1/embeddings", {{"input", "The weather"}, {"layer", 2}, {"concepts", {"happy"}}}).json();
    EXPECT_NE(steered["data"][0]["embedding"], answer["data"][0]["embedding"]);
    EXPECT_EQ(bench.post("/v1/embeddings", {{"input", "a"}, {"layer", 99}}).status, 400);
}

}  // namespace
}  // namespace contrans
