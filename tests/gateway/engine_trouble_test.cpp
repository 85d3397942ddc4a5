// Engines that are down, slow, or answer nonsense: one clear error each, and the gates see it.
#include <algorithm>
#include <future>

#include "gtest/gtest.h"
#include "tests/gateway/gateway_bench.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using nlohmann::json;
using namespace testing;  // NOLINT(google-build-using-namespace): all of it is for these tests

/// A gateway before one engine that does this.
class TroubledGateway {
public:
    explicit TroubledGateway(ScriptedEngine::Script script, std::chrono::milliseconds time = std::chrono::minutes(5))
        : engine_(std::move(script)), bench_(upstreams_json({engine_json("plain", engine_.url())}), [&](auto& options) {
              options.longest_time = time;
          }) {}

    GatewayBench& bench() { return bench_; }
    HttpAnswer whole() const { return bench_.chat(); }
    HttpAnswer stream() const { return bench_.chat({{"stream", true}}); }
    /// How the one request ended, as the audit log has it.
    std::string outcome() {
        bench_.stop();
        return bench_.audited("request").at(0).event.outcome;
    }

private:
    ScriptedEngine engine_;
    GatewayBench bench_;
};

ScriptedEngine::Script saying(const std::string& bytes) {
    return [bytes](const server::HttpRequest&, const EngineLine& line) { line.send(bytes); };
}

void silent(const server::HttpRequest&, const EngineLine& line) { line.stay_silent(); }

std::string error_in(const HttpAnswer& answer) {
    const auto events = answer.events();
    return events.empty() || !events.back().contains("error") ? "none: " + answer.body
                                                              : events.back()["error"]["code"].get<std::string>();
}

TEST(EngineTrouble, an_engine_that_is_down) {
    std::string nowhere;
    { nowhere = ScriptedEngine(silent).url(); }
    GatewayBench bench(upstreams_json({engine_json("plain", nowhere)}));
    const HttpAnswer answer = bench.chat();
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.error("code"), "engine_unreachable");
    EXPECT_EQ(answer.error("type"), "server_error");
    EXPECT_NE(answer.error("message").find("plain"), std::string::npos);
    EXPECT_EQ(bench.chat({{"stream", true}}).status, 502) << "a stream that has not begun";
    const HttpAnswer health = bench.get("/health", "");
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(health.json()["status"], "unavailable");
    EXPECT_EQ(health.json()["engines"][0]["up"], false);
    bench.stop();
    EXPECT_EQ(bench.audited("request").at(0).event.outcome, "failed");
}

TEST(EngineTrouble, an_engine_that_says_nothing) {
    TroubledGateway gateway(silent, std::chrono::milliseconds(300));
    const HttpAnswer answer = gateway.whole();
    EXPECT_EQ(answer.status, 504);
    EXPECT_EQ(answer.error("code"), "engine_timeout");
    EXPECT_EQ(gateway.outcome(), "time_limit");
}

TEST(EngineTrouble, a_request_may_give_less_time) {
    TroubledGateway gateway(silent);
    EXPECT_EQ(gateway.bench().chat({{"time_limit", 0.2}}).status, 504);
}

TEST(EngineTrouble, a_stream_that_stops_in_the_middle) {
    TroubledGateway gateway(
        [](const server::HttpRequest&, const EngineLine& line) {
            line.send(stream_head() + http_chunk(piece_event("one ")));
            line.stay_silent();
        },
        std::chrono::seconds(2));
    const HttpAnswer answer = gateway.stream();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.events()[0]["choices"][0]["delta"]["content"], "one ");
    EXPECT_EQ(error_in(answer), "engine_timeout");
    EXPECT_FALSE(answer.done_event_came());
    EXPECT_EQ(gateway.outcome(), "time_limit");
}

TEST(EngineTrouble, a_stream_that_breaks_off) {
    for (const std::string& end : {std::string(), kStreamEnd, http_chunk(kDoneEvent) + kStreamEnd}) {
        TroubledGateway gateway(saying(stream_head() + http_chunk(piece_event("one ")) + end));
        const HttpAnswer answer = gateway.stream();
        EXPECT_EQ(error_in(answer), "engine_broke_off") << end;
        EXPECT_EQ(gateway.outcome(), "failed") << end;
    }
}

TEST(EngineTrouble, a_stream_with_nonsense_in_it) {
    const std::string begun = stream_head() + http_chunk(piece_event("one "));
    for (const std::string& nonsense :
         {std::string("data: {\"choices\"\n\n"), std::string("data: [1]\n\n"), std::string("data: \xFF\n\n")}) {
        TroubledGateway gateway(saying(begun + http_chunk(nonsense) + kStreamEnd));
        EXPECT_EQ(error_in(gateway.stream()), "engine_answer_broken") << nonsense;
    }
    TroubledGateway failing(saying(begun + http_chunk("data: {\"error\": {\"message\": \"out of memory\"}}\n\n")));
    EXPECT_EQ(error_in(failing.stream()), "engine_failed");
    TroubledGateway chunks(saying(begun + "zz\r\n"));
    EXPECT_EQ(error_in(chunks.stream()), "engine_broke_off");
}

TEST(EngineTrouble, answers_that_are_none) {
    const std::vector<std::pair<std::string, std::string>> answers = {
        {http_answer(200, "<html>"), "engine_answer_broken"},
        {http_answer(200, "[]"), "engine_answer_broken"},
        {http_answer(200, R"({"error": {"message": "x"}})"), "engine_failed"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "engine_broke_off"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{", "engine_broke_off"},
        {"no HTTP at all\r\n\r\n", "engine_broke_off"},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "engine_broke_off"},
        {"", "engine_broke_off"},
        {http_answer(500, R"({"error": {"message": "a secret of the engine's"}})"), "engine_failed"},
        {http_answer(503, R"({"error": {"message": "loading"}})"), "engine_failed"},
        {http_answer(401, R"({"error": {"message": "invalid key"}})"), "engine_key_refused"},
    };
    for (const auto& [bytes, code] : answers) {
        TroubledGateway gateway(saying(bytes));
        const HttpAnswer answer = gateway.whole();
        EXPECT_EQ(answer.status, 502) << bytes.substr(0, 80);
        EXPECT_EQ(answer.error("code"), code) << bytes.substr(0, 80) << answer.body;
        EXPECT_EQ(answer.body.find("secret"), std::string::npos);
        EXPECT_EQ(gateway.outcome(), "failed");
    }
    TroubledGateway unstreamed(saying(http_answer(200, "{}")));
    EXPECT_EQ(unstreamed.stream().error("code"), "engine_answer_broken");
}

TEST(EngineTrouble, a_whole_answer_may_come_in_any_pieces) {
    const std::string body = R"({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})";
    TroubledGateway without_length(saying("HTTP/1.1 200 OK\r\n\r\n" + body));
    EXPECT_EQ(without_length.whole().status, 200) << "to the connection's end";
    TroubledGateway dripping([body](const server::HttpRequest&, const EngineLine& line) {
        const std::string all = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + http_chunk(body) + kStreamEnd;
        for (const char byte : all) line.send({&byte, 1});
    });
    EXPECT_EQ(dripping.whole().status, 200);
}

TEST(EngineTrouble, an_engines_refusal_is_passed_on) {
    TroubledGateway gateway(saying(http_answer(
        400, R"({"error": {"message": "the prompt is too long", "type": "exceed_context_size_error", "code": 400}})")));
    for (const HttpAnswer& answer : {gateway.whole(), gateway.stream()}) {
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(answer.error("message"), "the prompt is too long");
        EXPECT_EQ(answer.error("type"), "exceed_context_size_error");
    }
    EXPECT_EQ(gateway.outcome(), "refused");
}

TEST(EngineTrouble, counts_for_the_gate_on_errors) {
    const ScriptedEngine plain(answering("plain words"));
    const ScriptedEngine happy(saying(http_answer(500, "")));
    GatewayBench bench(
        upstreams_json({engine_json("plain", plain.url()), engine_json("happy", happy.url(), happy_mix())}));
    auto plan = plan_json("failing");
    plan["stages"] = json::parse(R"([{"percent": 50}])");
    plan["gates"] = json::parse(R"([{"metric": "error", "margin": 0.02}])");
    bench.begin(plan);
    int asked = 0;
    EXPECT_TRUE(becomes([&] {
        const HttpAnswer answer = bench.chat({{"user", "user-" + std::to_string(asked++)}});
        return answer.status == 200 && arm_of(answer.json()) == "none";
    })) << "its gate rolls it back";
    const json status = bench.get("/v1/rollouts/failing").json();
    EXPECT_EQ(status["state"], "rolled_back");
    EXPECT_EQ(status["alarm"], "error");
}

TEST(EngineTrouble, a_gateway_that_ends_ends_its_answers) {
    std::promise<bool> closed;
    auto was_closed = closed.get_future();
    TroubledGateway gateway([&closed](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(piece_event("one ")));
        closed.set_value(line.is_closed());
    });
    Wire wire(gateway.bench().address());
    gateway.bench().begin_stream(wire, {});
    ASSERT_FALSE(wire.read_some(100).empty());
    EXPECT_EQ(gateway.outcome(), "shutdown");
    EXPECT_TRUE(was_closed.get());
    EXPECT_NE(wire.read().body.find("the server is ending"), std::string::npos);
}

}  // namespace
}  // namespace contrans
