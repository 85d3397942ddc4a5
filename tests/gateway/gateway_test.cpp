// What `contrans gateway` does with a request that arrives and engines that behave.
#include "apps/gateway/gateway.h"

#include <fstream>
#include <future>
#include <set>

#include "gtest/gtest.h"
#include "tests/gateway/gateway_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using namespace testing;  // NOLINT(google-build-using-namespace): all of it is for these tests

json mix(const std::vector<std::pair<std::string, double>>& concepts) {
    json list = json::array();
    for (const auto& [name, dose] : concepts) list.push_back({{"concept", name}, {"dose", dose}});
    return list;
}

json chosen(const std::vector<std::pair<std::string, double>>& concepts) {
    json list = json::array();
    for (const auto& [name, dose] : concepts) list.push_back({{"name", name}, {"dose", dose}});
    return {{"concepts", list}};
}

std::string text_of(const HttpAnswer& answer) {
    const json body = answer.json();
    return answer.status == 200 ? body["choices"][0]["message"]["content"].get<std::string>() : answer.body;
}

class GatewayTest : public ::testing::Test {
protected:
    ScriptedEngine plain_{answering("plain words")};
    ScriptedEngine happy_{answering("happy words")};
    ScriptedEngine both_{answering("both words")};
    json engines_ = upstreams_json({engine_json("plain", plain_.url()), engine_json("happy", happy_.url(), happy_mix()),
                                    engine_json("both", both_.url(), mix({{"happy", 0.5}, {"brief", -0.2}}))});
};

TEST_F(GatewayTest, a_request_goes_to_the_engine_with_exactly_its_mix) {
    const GatewayBench bench(engines_);
    EXPECT_EQ(text_of(bench.chat()), "plain words");
    EXPECT_EQ(text_of(bench.chat({{"concepts", json::array()}})), "plain words");
    EXPECT_EQ(text_of(bench.chat(chosen({{"happy", 0.5}}))), "happy words");
    EXPECT_EQ(text_of(bench.chat(chosen({{"brief", -0.2}, {"happy", 0.5}}))), "both words") << "in any order";
    EXPECT_EQ(text_of(bench.chat({{"concepts", {"happy"}}})), "happy words") << "the dose that there is";
    EXPECT_EQ(text_of(bench.chat({{"model", "gemma+happy@0.5"}})), "happy words");
    const HttpAnswer missing = bench.chat(chosen({{"happy", 0.7}}));
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(missing.error("code"), "mix_not_found");
    EXPECT_NE(missing.error("message").find("happy: happy@0.5; both: happy@0.5 + brief@-0.2"), std::string::npos)
        << missing.body;
    json gated = chosen({{"happy", 0.5}});
    gated["concepts"][0]["operator"] = "clamp";
    EXPECT_EQ(bench.chat(gated).error("param"), "concepts");
    EXPECT_EQ(bench.chat({{"model", "other"}}).status, 404);
}

TEST_F(GatewayTest, an_engine_gets_the_body_without_what_is_ours) {
    engines_["engines"][1]["model"] = "tiny-happy";
    TemporaryFolder keys;
    std::ofstream(keys / "happy.key") << "s3cret";
    engines_["engines"][1]["key_file"] = keys / "happy.key";
    const GatewayBench bench(engines_);
    json fields = chosen({{"happy", 0.5}});
    fields.update({{"projections", false}, {"time_limit", 20}, {"temperature", 0}, {"user", "u"}, {"x", {{"y", 1}}}});
    EXPECT_EQ(bench.chat(fields).status, 200);
    const json sent = happy_.last_body();
    EXPECT_EQ(sent["model"], "tiny-happy");
    EXPECT_EQ(sent["x"]["y"], 1) << "what is not known goes on as it is";
    EXPECT_EQ(sent["temperature"], 0);
    for (const char* ours : {"concepts", "projections", "time_limit"}) EXPECT_FALSE(sent.contains(ours)) << ours;
    EXPECT_EQ(happy_.requests().back().authorization, "Bearer s3cret") << "not the client's key";
    EXPECT_EQ(bench.chat({{"model", "gemma+happy@0.5+brief@-0.2"}}).status, 200);
    EXPECT_EQ(both_.last_body()["model"], "gemma");
    EXPECT_TRUE(both_.requests().back().authorization.empty());
}

TEST_F(GatewayTest, answers_are_ours_and_say_what_wrote_them) {
    const GatewayBench bench(engines_);
    const json answer = bench.chat(chosen({{"happy", 0.5}})).json();
    EXPECT_TRUE(answer["id"].get<std::string>().starts_with("chatcmpl-")) << answer;
    EXPECT_EQ(answer["model"], "gemma");
    EXPECT_EQ(answer["usage"]["total_tokens"], 8);
    const json& ours = answer["contrans"];
    EXPECT_EQ(ours["engine"], "happy");
    EXPECT_EQ(ours["concepts"][0]["concept"], "happy");
    EXPECT_EQ(ours["concepts"][0]["dose"], 0.5);
    EXPECT_EQ(ours["ended"], "stop");
    EXPECT_GT(ours["timings"]["total_ms"], 0.0);
    const json text = bench.post("/v1/completions", {{"prompt", "Hello"}}).json();
    EXPECT_TRUE(text["id"].get<std::string>().starts_with("cmpl-")) << text;
    EXPECT_EQ(text["choices"][0]["text"], "plain words");
}

TEST_F(GatewayTest, a_stream_is_given_on_piece_by_piece) {
    std::promise<void> first_read;
    auto read = first_read.get_future().share();
    ScriptedEngine engine([read](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(": a comment\n\n" + piece_event("one ")));
        read.wait_for(std::chrono::seconds(30));
        const std::string rest = piece_event("two ") + last_event("length");
        line.send(http_chunk(rest.substr(0, 30)));  // events are cut anywhere
        line.send(http_chunk(rest.substr(30)) + http_chunk(kDoneEvent) + kStreamEnd);
    });
    engines_["engines"][0]["url"] = engine.url();
    const GatewayBench bench(engines_);
    Wire wire(bench.address());
    bench.begin_stream(wire, {});
    std::string seen;
    ASSERT_TRUE(becomes([&] {
        seen = wire.read_some(seen.size() + 1, std::chrono::seconds(1));
        return seen.find("one ") != std::string::npos;
    })) << "before the engine has sent the second";
    first_read.set_value();
    const HttpAnswer answer = wire.read();
    EXPECT_TRUE(answer.done_event_came()) << answer.body;
    const auto events = answer.events();
    ASSERT_EQ(events.size(), 3U) << answer.body;
    std::set<std::string> ids;
    for (const json& event : events) ids.insert(event["id"]);
    EXPECT_EQ(ids.size(), 1U) << "one id of ours";
    EXPECT_TRUE(ids.begin()->starts_with("chatcmpl-")) << *ids.begin();
    EXPECT_EQ(events[0]["model"], "gemma");
    EXPECT_EQ(events[0]["contrans"]["engine"], "plain");
    EXPECT_EQ(events[1]["choices"][0]["delta"]["content"], "two ");
    EXPECT_EQ(events[2]["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(events[2]["contrans"]["ended"], "length");
}

TEST_F(GatewayTest, plain_completions_stream_too) {
    const GatewayBench bench(engines_);
    const HttpAnswer answer = bench.post("/v1/completions", {{"prompt", "Hello"}, {"stream", true}});
    const auto events = answer.events();
    ASSERT_EQ(events.size(), 3U) << answer.body;
    EXPECT_TRUE(events[0]["id"].get<std::string>().starts_with("cmpl-")) << answer.body;
    EXPECT_EQ(events[1]["choices"][0]["text"], "words ");
    EXPECT_TRUE(answer.done_event_came());
}

TEST_F(GatewayTest, a_client_that_goes_away_ends_the_engines_request) {
    std::promise<bool> closed;
    auto was_closed = closed.get_future();
    ScriptedEngine engine([&closed](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(piece_event("one ")));
        closed.set_value(line.is_closed());
    });
    engines_["engines"][0]["url"] = engine.url();
    GatewayBench bench(engines_);
    {
        Wire wire(bench.address());
        bench.begin_stream(wire, {});
        ASSERT_FALSE(wire.read_some(100).empty());
    }
    EXPECT_TRUE(was_closed.get());
    bench.stop();
    EXPECT_EQ(bench.audited("request").at(0).event.outcome, "cancelled");
}

TEST_F(GatewayTest, models_concepts_health_and_metrics_tell_of_the_engines) {
    engines_["engines"][1]["concepts"][0]["version"] = 2;
    const GatewayBench bench(engines_);
    const json models = bench.get("/v1/models", kCaller).json();
    ASSERT_EQ(models["data"].size(), 3U);
    EXPECT_EQ(models["data"][0]["id"], "gemma");
    EXPECT_EQ(models["data"][2]["id"], "gemma+happy@0.5+brief@-0.2");
    EXPECT_EQ(bench.get("/v1/models/gemma%2Bhappy@0.5", kCaller).json()["contrans"]["engine"], "happy");
    EXPECT_EQ(bench.get("/v1/models/other", kCaller).status, 404);
    const json concepts = bench.get("/v1/concepts", kCaller).json();
    ASSERT_EQ(concepts["data"].size(), 2U);
    EXPECT_EQ(concepts["data"][0]["name"], "brief");
    EXPECT_EQ(concepts["data"][1]["engines"][0]["version"], 2);
    EXPECT_EQ(bench.get("/v1/concepts/happy", kCaller).json()["engines"].size(), 2U);
    EXPECT_EQ(bench.get("/v1/concepts/sad", kCaller).status, 404);
    const json health = bench.get("/health", "").json();
    EXPECT_EQ(health["status"], "ok");
    EXPECT_EQ(health["engines"][1]["name"], "happy");
    EXPECT_EQ(health["engines"][1]["up"], true);
    EXPECT_EQ(bench.chat().status, 200);
    EXPECT_TRUE(becomes([&] {
        const std::string text = bench.get("/metrics").body;
        return text.find("contrans_engine_requests_total{ended=\"stop\",engine=\"plain\"} 1") != std::string::npos &&
               text.find("contrans_engine_up{engine=\"happy\"} 1") != std::string::npos &&
               text.find("contrans_scheduler") == std::string::npos;
    })) << bench.get("/metrics").body;
    EXPECT_EQ(bench.get("/metrics", kCaller).status, 403);
    EXPECT_EQ(bench.post("/v1/embeddings", {{"input", "x"}}).status, 404);
}

TEST_F(GatewayTest, bad_bodies_are_refused_before_an_engine_is_asked) {
    const GatewayBench bench(engines_, [](gateway::GatewayOptions& options) { options.http.limits.body_bytes = 4096; });
    const auto status = [&](const std::string& body) {
        return ask(bench.address(), "POST", "/v1/chat/completions", body, kCaller).status;
    };
    EXPECT_EQ(status("{\"messages\""), 400);
    EXPECT_EQ(status("[]"), 400);
    EXPECT_EQ(status("{\"a\": \"\xFF\"}"), 400);
    EXPECT_EQ(status("{\"a\": 1, \"a\": 2}"), 400);
    EXPECT_EQ(status("{\"a\": " + std::string(100, '[') + std::string(100, ']') + "}"), 400);
    EXPECT_EQ(status("{\"a\": \"" + std::string(5000, 'x') + "\"}"), 413);
    for (const json& field :
         {json{{"n", 2}}, json{{"projections", {"happy"}}}, json{{"persona", "warm"}}, json{{"stream", "yes"}},
          json{{"time_limit", 1e9}}, json{{"user", 4}}, json{{"concepts", "happy"}}}) {
        EXPECT_EQ(bench.chat(field).status, 400) << field;
    }
    EXPECT_EQ(bench.chat({}, "").status, 401);
    EXPECT_EQ(
        ask(bench.address(), "POST", "/v1/chat/completions", "{}", kCaller + "Origin: http://evil.example\r\n").status,
        403);
    EXPECT_TRUE(plain_.requests().empty());
}

TEST_F(GatewayTest, a_reload_changes_all_or_nothing) {
    TemporaryFolder keys;
    std::ofstream(keys / "keys") << "administer aaaaaaaaaaaaaaaa anna\ncall cccccccccccccccc caller\n";
    GatewayBench bench(engines_, [&](gateway::GatewayOptions& options) { options.key_file = keys / "keys"; });
    json changed = engines_;
    changed["engines"][1]["concepts"][0]["dose"] = 0.6;
    std::ofstream(keys / "keys") << "no key file\n";
    bench.write_upstreams(changed);
    bench.reload();
    EXPECT_EQ(bench.chat(chosen({{"happy", 0.6}})).status, 400) << "keys that cannot be read keep the engines too";
    std::ofstream(keys / "keys") << "administer aaaaaaaaaaaaaaaa anna\ncall dddddddddddddddd caller\n";
    bench.write_upstreams("{\"upstreams\"");
    bench.reload();
    EXPECT_EQ(bench.chat().status, 200) << "a broken file keeps the keys too";
    bench.write_upstreams(changed);
    bench.reload();
    EXPECT_EQ(bench.chat(chosen({{"happy", 0.6}}), kAnna).status, 200);
    EXPECT_EQ(bench.chat().status, 401);
    EXPECT_EQ(bench.chat({}, "Authorization: Bearer dddddddddddddddd\r\n").status, 200);
    bench.stop();
    ASSERT_EQ(bench.audited("gateway.reload").size(), 1U);
    EXPECT_NE(bench.audited("gateway.reload")[0].event.detail.find("happy@0.6"), std::string::npos);
    EXPECT_EQ(bench.audited("gateway.start").size(), 1U);
    EXPECT_EQ(bench.audited("gateway.end").size(), 1U);
}

}  // namespace
}  // namespace contrans
