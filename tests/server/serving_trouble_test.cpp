// What the server says to bad input, bad clients, too many clients and its own end.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ask;
using testing::chat_body;
using testing::completion_body;
using testing::HttpAnswer;
using testing::request_text;
using testing::ServingBench;
using testing::Wire;

/// A request that writes until the context is full.
json endless(const json& fields = json::object()) {
    json body = completion_body({{"max_tokens", nullptr}, {"stream", true}, {"logit_bias", json::object()}});
    body.update(fields);
    return body;
}

void wide(server::ServingOptions& options) { options.scheduler.context_tokens = 8192; }

std::string header(const std::string& key) { return "Authorization: Bearer " + key + "\r\n"; }

struct Bad {
    std::string name;
    std::string body;
    int status;
    std::string param;  // as error("param") says it
};

TEST(ServingTrouble, every_bad_body_gets_its_status_and_openais_shape) {
    const ServingBench bench;
    const std::string good = bench.text();
    for (const Bad& bad : std::initializer_list<Bad>{
             {"empty", "", 400, "null"},
             {"no_json", "hello", 400, "null"},
             {"cut", R"({"prompt": "a)", 400, "null"},
             {"no_utf8", "{\"prompt\": \"\xFF\"}", 400, "null"},
             {"deep", "{\"a\":" + std::string(1000, '['), 400, "null"},
             {"no_prompt", "{}", 400, "prompt"},
             {"wrong_type", R"({"prompt": "a", "max_tokens": "many"})", 400, "max_tokens"},
             {"other_model", R"({"prompt": "a", "model": "gpt-4"})", 404, "model"},
             {"unknown_concept", R"({"prompt": "a", "concepts": ["nobody"]})", 400, "concepts"},
             {"unknown_in_name", R"({"prompt": "a", "model": "tiny+nobody@1"})", 400, "concepts"},
             {"unknown_gate", R"({"prompt": "a", "concepts": [{"name":"happy","gate":{"name":"x","threshold":0}}]})",
              400, "concepts"},
             {"unknown_projection", R"({"prompt": "a", "projections": ["nobody"]})", 400, "projections"},
             {"dose_too_large", R"({"prompt": "a", "concepts": [{"name": "happy", "dose": 0.8}]})", 400, "concepts"},
             {"dose_too_small", R"({"prompt": "a", "concepts": [{"name": "happy", "dose": -0.8}]})", 400, "concepts"},
             {"share_over_1", R"({"prompt":"a","concepts":[{"name":"happy","dose":1.1,"operator":"project_out"}]})",
              400, "concepts"},
             {"misspelt", R"({"prompt": "a", "concepts": [{"name": "happy", "does": 0.1}]})", 400, "concepts[0].does"},
             {"concept_twice", R"({"prompt": "a", "concepts": ["happy", "happy"]})", 400, "concepts"},
             {"bad_grammar", R"({"prompt": "a", "grammar": "root ::= ("})", 400, "null"},
             {"long_prompt", R"({"prompt": ")" + std::string(5000, 'x') + "\"}", 400, "null"}}) {
        const HttpAnswer answer = ask(bench.address(), "POST", "/v1/completions", bad.body);
        EXPECT_EQ(answer.status, bad.status) << bad.name << ": " << answer.body;
        EXPECT_EQ(answer.error("type"), "invalid_request_error") << bad.name;
        EXPECT_EQ(answer.error("param"), bad.param) << bad.name << ": " << answer.body;
        EXPECT_FALSE(answer.error("message").empty()) << bad.name;
    }
    EXPECT_EQ(bench.text(), good);
}

TEST(ServingTrouble, oversized_bodies_are_refused_unread) {
    const ServingBench bench([](auto& options) { options.http.limits.body_bytes = 2000; });
    Wire wire(bench.address());
    wire.send("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000000\r\n\r\n{\"prompt\":");
    const HttpAnswer answer = wire.read();
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.error("type"), "invalid_request_error");
    EXPECT_EQ(bench.complete().status, 200);
}

TEST(ServingTrouble, a_client_that_vanishes_frees_its_slot) {
    const ServingBench bench(wide);
    {
        Wire wire(bench.address());
        wire.send(request_text("POST", "/v1/completions", endless().dump()));
        EXPECT_FALSE(wire.read_some(500).empty());
    }
    EXPECT_TRUE(bench.metric_becomes("contrans_answers_ended{how=\"cancelled\"}", 1));
    EXPECT_EQ(bench.metric("contrans_scheduler{what=\"running\"}"), 0);
    Wire(bench.address()).send(request_text("POST", "/v1/completions", endless({{"stream", false}}).dump()));
    EXPECT_TRUE(bench.metric_becomes("contrans_answers_ended{how=\"cancelled\"}", 2));
}

TEST(ServingTrouble, a_full_queue_says_when_to_try_again) {
    const ServingBench bench([](auto& options) {
        wide(options);
        options.scheduler.slots = 1;
        options.scheduler.queue_limit = 0;
    });
    Wire busy(bench.address());
    busy.send(request_text("POST", "/v1/completions", endless().dump()));
    EXPECT_FALSE(busy.read_some(300).empty());
    const HttpAnswer refused = bench.complete();
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.error("type"), "rate_limit_error");
    EXPECT_GE(std::stoi(refused.headers.at("retry-after")), 1);
    busy.close();
    EXPECT_TRUE(bench.metric_becomes("contrans_scheduler{what=\"running\"}", 0));
    EXPECT_EQ(bench.complete().status, 200);
}

TEST(ServingTrouble, a_time_limit_ends_an_answer_with_what_there_is) {
    const ServingBench bench(wide);
    const json answer = bench.complete({{"max_tokens", nullptr}, {"time_limit", 0.2}}).json();
    ASSERT_TRUE(answer.contains("choices")) << answer;
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(answer["contrans"]["ended"], "time_limit");
}

TEST(ServingTrouble, neighbours_of_other_concepts_do_not_change_an_answer) {
    const ServingBench bench;
    const std::vector<json> requests{json::object(),
                                     {{"concepts", {"happy"}}},
                                     {{"concepts", {"polite"}}},
                                     {{"concepts", {{{"name", "happy"}, {"dose", -0.6}}}}},
                                     {{"model", "tiny+happy+loud"}},
                                     {{"concepts", {{{"name", "loud"}, {"operator", "project_out"}}}}}};
    std::vector<std::string> alone;
    for (const json& request : requests) alone.push_back(bench.text(request));
    std::atomic<int> same = 0;
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < 24; ++i) {
        clients.emplace_back(
            [&, i] { same += bench.text(requests[i % requests.size()]) == alone[i % requests.size()]; });
    }
    clients.clear();
    EXPECT_EQ(same, 24);
}

TEST(ServingTrouble, concepts_come_and_go_while_it_runs) {
    const ServingBench bench;
    const auto copy = [&](const std::string& from, const std::string& to) {
        std::filesystem::copy_file(bench.folder() / from, bench.folder() / ("vectors/" + to));
    };
    copy("vectors/happy.gguf", "glad.gguf");
    copy("strange/other.gguf", "other.gguf");
    copy("strange/words.gguf", "words.gguf");
    EXPECT_EQ(bench.complete({{"concepts", {"glad"}}}).status, 400);
    const HttpAnswer loaded = bench.post("/v1/concepts", {{"file", "glad.gguf"}});
    EXPECT_EQ(loaded.status, 201) << loaded.body;
    EXPECT_EQ(loaded.json()["name"], "glad");
    EXPECT_EQ(bench.text({{"concepts", {"glad"}}}), bench.text({{"concepts", {"happy"}}}));
    EXPECT_EQ(bench.post("/v1/concepts", {{"file", "glad.gguf"}, {"name", "joy"}}).json()["name"], "joy");
    EXPECT_EQ(ask(bench.address(), "DELETE", "/v1/concepts/glad").json()["deleted"], true);
    EXPECT_EQ(ask(bench.address(), "DELETE", "/v1/concepts/glad").status, 404);
    EXPECT_EQ(bench.complete({{"concepts", {"glad"}}}).error("code"), "concept_not_found");

    const HttpAnswer other = bench.post("/v1/concepts", {{"file", "other.gguf"}});
    EXPECT_EQ(other.status, 400);
    EXPECT_NE(other.error("message").find("Tiny other"), std::string::npos) << other.body;
    EXPECT_EQ(bench.post("/v1/concepts", {{"file", "words.gguf"}}).status, 400);
    EXPECT_EQ(bench.post("/v1/concepts", {{"file", "nowhere.gguf"}}).status, 404);
    EXPECT_EQ(bench.post("/v1/concepts", {{"file", "../strange/other.gguf"}}).status, 400);
}

TEST(ServingTrouble, keys_open_what_their_role_may) {
    const std::string call(20, 'c');
    const std::string load(20, 'l');
    const std::string administer(20, 'a');
    const ServingBench bench([&](auto& options) {
        options.keys = server::ApiKeys::parse("call " + call + "\nload " + load + "\nadminister " + administer, "keys");
    });
    EXPECT_EQ(bench.get("/health").status, 200);
    const HttpAnswer refused = bench.complete();
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.error("code"), "invalid_api_key");
    EXPECT_EQ(refused.headers.at("www-authenticate"), "Bearer");
    EXPECT_EQ(bench.post("/v1/completions", completion_body(), header(call)).status, 200);
    EXPECT_EQ(bench.post("/v1/completions", completion_body(), header("wrong" + call)).status, 401);
    const json file = {{"file", "happy.gguf"}};
    EXPECT_EQ(bench.post("/v1/concepts", file, header(call)).status, 403);
    EXPECT_EQ(bench.post("/v1/concepts", file, header(load)).status, 201);
    EXPECT_EQ(bench.get("/metrics", header(load)).status, 403);
    EXPECT_EQ(bench.get("/metrics", header(administer)).status, 200);
}

TEST(ServingTrouble, pages_of_other_origins_are_not_answered) {
    const ServingBench bench;
    EXPECT_EQ(bench.post("/v1/completions", completion_body(), "Origin: http://evil.example\r\n").status, 403);
    EXPECT_EQ(bench.post("/v1/completions", completion_body(), "Origin: http://test\r\n").status, 200);
}

TEST(ServingTrouble, a_stop_lets_running_answers_end) {
    ServingBench bench([](auto& options) { options.scheduler.context_tokens = 2048; });
    Wire wire(bench.address());
    wire.send(request_text("POST", "/v1/completions", endless({{"max_tokens", 400}}).dump()));
    EXPECT_FALSE(wire.read_some(300).empty());
    bench.stop();
    const HttpAnswer answer = wire.read();
    EXPECT_TRUE(answer.done_event_came());
    bench.join();
    EXPECT_THROW((void)bench.complete(), std::runtime_error);
}

TEST(ServingTrouble, a_stop_ends_what_takes_too_long) {
    ServingBench bench([](auto& options) {
        wide(options);
        options.drain_time = 200ms;
    });
    Wire wire(bench.address());
    wire.send(request_text("POST", "/v1/completions", endless().dump()));
    EXPECT_FALSE(wire.read_some(300).empty());
    bench.stop();
    const HttpAnswer answer = wire.read();
    EXPECT_FALSE(answer.done_event_came());
    ASSERT_FALSE(answer.events().empty());
    EXPECT_TRUE(answer.events().back().contains("error"));
    bench.join();
}

TEST(ServingTrouble, slow_clients_do_not_keep_others_out) {
    const ServingBench bench([](auto& options) { options.http.connections = 8; });
    std::vector<std::unique_ptr<Wire>> slow;
    for (int i = 0; i < 30; ++i) {
        slow.push_back(std::make_unique<Wire>(bench.address()));
        slow.back()->send("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{");
    }
    EXPECT_EQ(bench.complete().status, 200);
}

}  // namespace
}  // namespace contrans
