// Rollouts over engines: who gets which, what is counted, and that nothing of it is given on once it was taken back.
#include <algorithm>
#include <fstream>
#include <future>
#include <set>

#include "gtest/gtest.h"
#include "tests/gateway/gateway_bench.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using nlohmann::json;
using namespace testing;  // NOLINT(google-build-using-namespace): all of it is for these tests

nlohmann::ordered_json half(const std::string& name = "half") {
    auto plan = plan_json(name);
    plan["stages"] = json::parse(R"([{"percent": 50}, {"percent": 100}])");
    plan["gates"] = json::parse(R"([{"metric": "error", "margin": 0.02}, {"metric": "thumbs_down", "margin": 0}])");
    return plan;
}

/// The plain engine answers; the happy one does what the test says.
class GatewayRolloutsTest : public ::testing::Test {
protected:
    void serve(ScriptedEngine::Script happy = answering("happy words"), const json& mix = happy_mix()) {
        happy_ = std::make_unique<ScriptedEngine>(std::move(happy));
        bench_ = std::make_unique<GatewayBench>(
            upstreams_json({engine_json("plain", plain_.url()), engine_json("happy", happy_->url(), mix)}));
    }
    json ask_as(const std::string& user) const { return bench_->chat({{"user", user}}).json(); }

    ScriptedEngine plain_{answering("plain words")};
    std::unique_ptr<ScriptedEngine> happy_;
    std::unique_ptr<GatewayBench> bench_;
};

TEST_F(GatewayRolloutsTest, users_are_split_and_keep_their_arm) {
    serve();
    bench_->begin(half());
    EXPECT_EQ(arm_of(bench_->chat().json()), "none") << "without a stable id there is no arm";
    std::set<std::string> seen;
    for (int i = 0; i < 24; ++i) {
        const std::string user = "user-" + std::to_string(i);
        const json answer = ask_as(user);
        const std::string arm = arm_of(answer);
        seen.insert(arm);
        EXPECT_EQ(answer["choices"][0]["message"]["content"], arm == "treatment" ? "happy words" : "plain words");
        EXPECT_EQ(answer["contrans"]["rollout"]["name"], "half");
        EXPECT_EQ(arm_of(bench_->chat({{"safety_identifier", user}, {"stream", true}}).events().back()), arm) << user;
    }
    EXPECT_EQ(seen, (std::set<std::string>{"control", "treatment"}));
    EXPECT_EQ(arm_of(bench_->chat({{"user", "user-1"}, {"concepts", {"happy"}}}).json()), "none")
        << "who chooses is in no rollout";
    EXPECT_EQ(bench_->step("half", "promote", kAnna).status, 409) << "gates have not seen enough";
    bench_->stop();
    const auto gates = bench_->store().gates("half");
    const auto errors = std::ranges::find(gates, "error", &GateReading::name);
    EXPECT_EQ(errors->tallies.treatment.n + errors->tallies.control.n, 24U) << "each user once";
    EXPECT_EQ(errors->tallies.treatment.sum + errors->tallies.control.sum, 0.0);
}

TEST_F(GatewayRolloutsTest, pilots_go_by_keys_and_the_audit_log_tells_of_them) {
    json mix = happy_mix();
    mix[0]["version"] = 2;
    serve(answering("happy words"), mix);
    auto plan = plan_json("calm");
    plan["treatment"][0]["version"] = 2;
    bench_->begin(plan);
    EXPECT_EQ(arm_of(bench_->chat({}, kAnna).json()), "treatment");
    EXPECT_EQ(arm_of(ask_as("u")), "none");
    bench_->stop();
    const auto requests = bench_->audited("request");
    ASSERT_EQ(requests.size(), 2U);
    // Not by their order: an answer is recorded after its last byte.
    const auto piloted = std::ranges::find_if(requests, [](const auto& each) { return each.event.rollout == "calm"; });
    ASSERT_NE(piloted, requests.end());
    EXPECT_EQ(piloted->event.actor, "anna");
    EXPECT_EQ(piloted->event.subject, "happy");
    EXPECT_EQ(piloted->event.version, "2");
    EXPECT_EQ(piloted->event.dose, "0.5");
    EXPECT_EQ(piloted->event.outcome, "stop");
    EXPECT_NE(piloted->event.detail.find("generated_tokens=3 engine=happy stage=1 arm=treatment"), std::string::npos)
        << piloted->event.detail;
}

TEST_F(GatewayRolloutsTest, a_mix_that_no_engine_has_is_not_served_and_nobody_suffers) {
    serve();
    auto plan = half("strong");
    plan["treatment"][0]["dose"] = 0.7;
    bench_->begin(plan);
    EXPECT_EQ(arm_of(ask_as("user")), "none");
    const json here = bench_->get("/v1/rollouts/strong").json()["here"];
    EXPECT_EQ(here["served"], false);
    EXPECT_NE(here["trouble"].get<std::string>().find("no engine has happy@0.7; there are plain: no concepts; happy:"),
              std::string::npos)
        << here;
    json mix = happy_mix();
    mix[0]["dose"] = 0.7;
    bench_->write_upstreams(
        upstreams_json({engine_json("plain", plain_.url()), engine_json("happy", happy_->url(), mix)}));
    bench_->reload();
    EXPECT_TRUE(becomes([&] { return arm_of(ask_as("user")) != "none"; })) << "once an engine has it";
}

TEST_F(GatewayRolloutsTest, taking_it_back_ends_a_stream_whose_engine_is_silent) {
    std::promise<bool> closed;
    auto was_closed = closed.get_future();
    serve([&closed](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(piece_event("happy ")));
        closed.set_value(line.is_closed());
    });
    bench_->begin(plan_json("calm"));
    Wire wire(bench_->address());
    bench_->begin_stream(wire, {}, kAnna);
    ASSERT_FALSE(wire.read_some(300).empty());
    EXPECT_EQ(bench_->step("calm", "rollback", kBob).json()["state"], "rolled_back");
    const HttpAnswer answer = wire.read();
    EXPECT_TRUE(was_closed.get());
    EXPECT_TRUE(answer.done_event_came()) << answer.body;
    const json last = answer.events().back();
    EXPECT_EQ(last["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(last["contrans"]["ended"], "switched_off");
    EXPECT_EQ(last["contrans"]["switched_off_at"], 1);
    EXPECT_EQ(last["id"], answer.events().front()["id"]);
    EXPECT_EQ(arm_of(bench_->chat({}, kAnna).json()), "none");
    bench_->stop();
    const auto requests = bench_->audited("request");
    EXPECT_EQ(std::ranges::count_if(requests, [](const auto& each) { return each.event.outcome == "switched_off"; }),
              1);
}

TEST_F(GatewayRolloutsTest, no_piece_is_given_on_after_it_was_taken_back) {
    std::promise<void> over;
    auto is_over = over.get_future().share();
    serve([is_over](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(piece_event("before ")));
        is_over.wait_for(std::chrono::seconds(30));
        for (int i = 0; i < 100; ++i) line.send(http_chunk(piece_event("late ")));
    });
    bench_->begin(plan_json("calm"));
    Wire wire(bench_->address());
    bench_->begin_stream(wire, {}, kAnna);
    ASSERT_FALSE(wire.read_some(300).empty());
    EXPECT_EQ(bench_->step("calm", "rollback", kBob).status, 200);
    over.set_value();
    const HttpAnswer answer = wire.read();
    EXPECT_NE(answer.body.find("before"), std::string::npos);
    EXPECT_EQ(answer.body.find("late"), std::string::npos) << answer.body;
}

TEST_F(GatewayRolloutsTest, another_process_can_take_it_back_in_the_middle) {
    serve([](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(piece_event("happy ")));
        line.stay_silent();
    });
    bench_->begin(plan_json("calm"));
    Wire wire(bench_->address());
    bench_->begin_stream(wire, {}, kAnna);
    ASSERT_FALSE(wire.read_some(300).empty());
    (void)bench_->store().roll_back("calm", "carl", "complaints");
    EXPECT_EQ(wire.read().events().back()["contrans"]["ended"], "switched_off");
}

TEST_F(GatewayRolloutsTest, what_was_not_begun_is_asked_of_the_plain_engine) {
    for (const bool stream : {false, true}) {
        std::promise<void> asked;
        auto was_asked = asked.get_future();
        serve([&asked](const server::HttpRequest&, const EngineLine& line) {
            asked.set_value();
            line.stay_silent();
        });
        bench_->begin(plan_json("calm"));
        auto answered = std::async(std::launch::async, [&] { return bench_->chat({{"stream", stream}}, kAnna); });
        was_asked.wait();
        EXPECT_EQ(bench_->step("calm", "rollback", kBob).status, 200);
        const HttpAnswer answer = answered.get();
        EXPECT_EQ(answer.status, 200);
        const json last = stream ? answer.events().back() : answer.json();
        EXPECT_NE(answer.body.find("plain"), std::string::npos) << answer.body;
        EXPECT_EQ(last["contrans"]["engine"], "plain");
        EXPECT_TRUE(last["contrans"]["concepts"].empty()) << last;
        EXPECT_EQ(last["contrans"]["switched_off_at"], 0);
        bench_->stop();
        const auto gates = bench_->store().gates("calm");
        for (const GateReading& gate : gates) EXPECT_EQ(gate.tallies.treatment.sum, 0) << gate.name;
        EXPECT_EQ(bench_->audited("request").at(0).event.subject, "") << "what was given is not steered";
    }
}

TEST_F(GatewayRolloutsTest, the_control_goes_on) {
    std::promise<void> over;
    auto is_over = over.get_future().share();
    ScriptedEngine slow([is_over](const server::HttpRequest&, const EngineLine& line) {
        line.send(stream_head() + http_chunk(piece_event("one ")));
        is_over.wait_for(std::chrono::seconds(30));
        line.send(http_chunk(piece_event("two ") + last_event() + kDoneEvent) + kStreamEnd);
    });
    happy_ = std::make_unique<ScriptedEngine>(answering("happy words"));
    bench_ = std::make_unique<GatewayBench>(
        upstreams_json({engine_json("plain", slow.url()), engine_json("happy", happy_->url(), happy_mix())}));
    bench_->begin(half());
    const auto in_control = [&](const std::string& user) {  // its engine answers no whole request in time
        const HttpAnswer probe = bench_->chat({{"user", user}, {"time_limit", 0.3}});
        return probe.error("message").find("engine plain") != std::string::npos;
    };
    std::string user = "user-0";
    for (int i = 1; i < 100 && !in_control(user); ++i) user = "user-" + std::to_string(i);
    Wire wire(bench_->address());
    bench_->begin_stream(wire, {{"user", user}});
    ASSERT_FALSE(wire.read_some(300).empty());
    EXPECT_EQ(bench_->step("half", "rollback", kBob).status, 200);
    over.set_value();
    const HttpAnswer answer = wire.read();
    EXPECT_NE(answer.body.find("two "), std::string::npos) << answer.body;
    EXPECT_EQ(arm_of(answer.events().back()), "control");
    EXPECT_EQ(answer.events().back()["contrans"]["ended"], "stop");
}

TEST_F(GatewayRolloutsTest, thumbs_down_roll_it_back) {
    serve();
    bench_->begin(half());
    int users = 0;
    for (; users < 300; ++users) {
        const json answer = ask_as("user-" + std::to_string(users));
        if (arm_of(answer) == "none") break;
        const json feedback = {{"id", answer["id"]}, {"thumbs", arm_of(answer) == "treatment" ? "down" : "up"}};
        EXPECT_EQ(bench_->post("/v1/feedback", feedback).status, 200);
    }
    EXPECT_LT(users, 100);
    const json status = bench_->get("/v1/rollouts/half").json();
    EXPECT_EQ(status["state"], "rolled_back");
    EXPECT_EQ(status["alarm"], "thumbs_down");
}

TEST_F(GatewayRolloutsTest, refusals_are_seen_in_streams) {
    serve(answering("I'm sorry, but I can't help with that."));
    auto plan = half("refusing");
    plan["gates"] = json::parse(R"([{"metric": "refusal", "margin": 0.02}])");
    bench_->begin(plan);
    int users = 0;
    EXPECT_TRUE(becomes([&] {
        const HttpAnswer answer = bench_->chat({{"user", "user-" + std::to_string(users++)}, {"stream", true}});
        return arm_of(answer.events().back()) == "none";
    }));
    EXPECT_EQ(bench_->get("/v1/rollouts/refusing").json()["alarm"], "refusal");
}

}  // namespace
}  // namespace contrans
