#include "apps/server/answer_json.h"

#include <cmath>

#include "apps/server/answer_format.h"
#include "apps/server/error_answer.h"
#include "apps/server/logprobs_json.h"
#include "apps/server/request_log.h"
#include "apps/server/server_metrics.h"
#include "apps/server/steering_json.h"
#include "gtest/gtest.h"

namespace contrans::server {
namespace {

using namespace std::chrono_literals;

AppliedConcept polite() {
    AppliedConcept applied;
    applied.name = "polite";
    applied.dose = 0.2;
    applied.coefficient = 1.5;
    applied.layers = {LayerIndex{3}, LayerIndex{4}};
    applied.gate = GateChoice{"angry", 0.5};
    applied.sha256 = "ab";
    return applied;
}

CompletionEnd ended(FinishReason reason = FinishReason::stop) {
    CompletionEnd end;
    end.reason = reason;
    end.prompt_tokens = 5;
    end.cached_tokens = 2;
    end.generated_tokens = 7;
    end.first_token = 1500us;
    end.total = 3ms;
    return end;
}

TokenReport token(const std::string& piece) {
    return {.token = 1,
            .piece = piece,
            .logprob = -0.5,
            .top = {{2, "x", -0.1}, {1, piece, -INFINITY}},
            .projections = {0.3}};
}

TEST(AnswerJson, completion) {
    const AnswerExtras extras{true, {"polite"}, {polite()}};
    const Json json =
        completion_answer_json({"cmpl-1", "tiny+polite@0.2", 7}, {"hé", {token("h"), token("é")}}, extras, ended());
    EXPECT_EQ(json["object"], "text_completion");
    EXPECT_EQ(json["model"], "tiny+polite@0.2");
    EXPECT_EQ(json["choices"][0]["text"], "hé");
    EXPECT_EQ(json["choices"][0]["finish_reason"], "stop");
    EXPECT_EQ(json["choices"][0]["logprobs"]["text_offset"], Json({0, 1}));
    EXPECT_EQ(json["choices"][0]["logprobs"]["top_logprobs"][0]["h"], -9999.0) << "JSON has no infinity";
    EXPECT_EQ(json["usage"]["total_tokens"], 12);
    EXPECT_EQ(json["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
    const Json& applied = json["contrans"]["concepts"][0];
    EXPECT_EQ(applied["concept"], "polite");
    EXPECT_EQ(applied["dose"], 0.2);
    EXPECT_EQ(applied["layers"], Json({3, 4}));
    EXPECT_EQ(applied["operator"], "add");
    EXPECT_EQ(applied["gate"]["name"], "angry");
    EXPECT_EQ(applied["sha256"], "ab");
    EXPECT_EQ(json["contrans"]["timings"]["first_token_ms"], 1.5);
    EXPECT_EQ(json["contrans"]["projections"][1]["doses"]["polite"], 0.3);
}

TEST(AnswerJson, chat_with_a_tool_call) {
    const ParsedAnswer answer{"", "", {{"call_1", "weather", "{}"}}};
    const Json json = chat_answer_json({"id", "tiny", 7}, answer, {"raw", {}}, {}, ended());
    EXPECT_EQ(json["object"], "chat.completion");
    EXPECT_TRUE(json["choices"][0]["message"]["content"].is_null());
    EXPECT_EQ(json["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "weather");
    EXPECT_EQ(json["choices"][0]["finish_reason"], "tool_calls");
    EXPECT_TRUE(json["choices"][0]["logprobs"].is_null());
    EXPECT_FALSE(json["contrans"].contains("projections"));
}

TEST(AnswerJson, finish_reasons_are_openais_words) {
    EXPECT_EQ(finish_reason(FinishReason::stop, {}), "stop");
    EXPECT_EQ(finish_reason(FinishReason::length, {}), "length");
    EXPECT_EQ(finish_reason(FinishReason::time_limit, {}), "length");
    EXPECT_EQ(contrans_json({}, {}, ended(FinishReason::time_limit))["ended"], "time_limit");
    EXPECT_EQ(finish_reason(FinishReason::switched_off, {}), "length") << "what was cut off is not whole";
    EXPECT_EQ(contrans_json({}, {}, ended(FinishReason::switched_off))["ended"], "switched_off");
}

TEST(AnswerJson, says_where_steering_was_switched_off) {
    CompletionEnd end = ended();
    EXPECT_FALSE(contrans_json({}, {}, end).contains("switched_off_at"));
    end.switched_off = true;
    end.switched_off_at = 0;
    EXPECT_EQ(contrans_json({}, {}, end)["switched_off_at"], 0);
}

TEST(AnswerJson, chat_logprobs) {
    const std::vector<TokenReport> tokens{token("é")};
    const Json entry = chat_logprobs_json(tokens)["content"][0];
    EXPECT_EQ(entry["token"], "é");
    EXPECT_EQ(entry["bytes"], Json({0xC3, 0xA9}));
    EXPECT_EQ(entry["top_logprobs"].size(), 2U);
}

TEST(AnswerFormat, streamed_completions_carry_offsets_on) {
    const auto format = completion_format({"id", "tiny", 7}, {true, {}, {polite()}});
    const Json first = format->chunks({"hé", {token("h"), token("é")}}).at(0);
    const Json second = format->chunks({"x", {token("x")}}).at(0);
    EXPECT_EQ(first["choices"][0]["text"], "hé");
    EXPECT_TRUE(first["choices"][0]["finish_reason"].is_null());
    EXPECT_EQ(first["contrans"]["concepts"].size(), 1U);
    EXPECT_FALSE(second.contains("contrans"));
    EXPECT_EQ(second["choices"][0]["logprobs"]["text_offset"], Json({2}));
    const Json last = format->last_chunks(ended(FinishReason::length)).at(0);
    EXPECT_EQ(last["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(last["contrans"]["ended"], "length");
    const Json usage = format->usage_chunk(ended());
    EXPECT_TRUE(usage["choices"].empty());
    EXPECT_EQ(usage["usage"]["completion_tokens"], 7);
}

TEST(ErrorAnswer, has_openais_shape) {
    const RequestError error = RequestError(429, "rate_limit_error", "", "later", "queue_full").with_retry_after(3s);
    const HttpResponse response = error_response(error);
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.at(0), (std::pair<std::string, std::string>("Retry-After", "3")));
    EXPECT_EQ(
        Json::parse(response.body),
        Json::parse(R"({"error":{"message":"later","type":"rate_limit_error","param":null,"code":"queue_full"}})"));
    EXPECT_EQ(request_error_of(Error(ErrorKind::argument, "dose"), "concepts").status(), 400);
    EXPECT_EQ(std::string(request_error_of(Error(ErrorKind::io, "/secret/path"), "x").what()).find("secret"),
              std::string::npos);
}

TEST(RequestLog, holds_what_was_applied_and_no_words) {
    RequestRecord record;
    record.id = "1";
    record.route = "POST /v1/completions";
    record.key_name = "robot";
    record.status = 200;
    record.applied = {polite()};
    record.end = ended();
    const std::string line = log_line(record, "now");
    EXPECT_EQ(line.back(), '\n');
    const Json json = Json::parse(line);
    EXPECT_EQ(json["concepts"][0]["concept"], "polite");
    EXPECT_EQ(json["generated_tokens"], 7);
    EXPECT_EQ(json["key"], "robot");
    EXPECT_FALSE(json.contains("failure"));
    EXPECT_FALSE(json.contains("switched_off_at"));
    record.end->switched_off = true;
    record.end->switched_off_at = 3;
    EXPECT_EQ(Json::parse(log_line(record, "now"))["switched_off_at"], 3);
}

TEST(RequestLog, ids_differ) {
    EXPECT_EQ(fresh_id().size(), 24U);
    EXPECT_NE(fresh_id(), fresh_id());
}

TEST(ServerMetrics, are_prometheus_text) {
    ServerMetrics metrics;
    RequestRecord record;
    record.route = "GET /health";
    record.status = 200;
    record.applied = {polite()};
    record.end = ended();
    metrics.count(record);
    metrics.count(record);
    SchedulerStats stats;
    stats.generated_tokens = 9;
    stats.finished["stop"] = 4;
    const std::string text = metrics.text({stats, 3, {}, {}});
    for (const char* part :
         {"contrans_requests_total{route=\"GET /health\",status=\"200\"} 2", "contrans_connections 3",
          "contrans_concept_requests_total{concept=\"polite\"} 2", "contrans_scheduler{what=\"generated_tokens\"} 9",
          "contrans_answers_ended{how=\"stop\"} 4", "contrans_first_token_seconds_count 2"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << " in:\n" << text;
    }
}

}  // namespace
}  // namespace contrans::server
