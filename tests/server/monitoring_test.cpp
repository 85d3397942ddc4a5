// What a running server lets people watch: metrics of concepts and rollouts, drift, webhooks, the dashboard's names.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/core/becomes.h"
#include "tests/judge/fake_endpoint.h"
#include "tests/rollout/plan_text.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::becomes;
using testing::completion_body;
using testing::FakeEndpoint;
using testing::http_reply;
using testing::plan_json;
using testing::ServingBench;

const std::string kAnna = "Authorization: Bearer aaaaaaaaaaaaaaaa\r\n";
const std::string kBob = "Authorization: Bearer bbbbbbbbbbbbbbbb\r\n";
const json kHappy = json::array({{{"name", "happy"}, {"dose", 0.5}}});
const std::string kSecondUse = R"([{"name": "happy", "dose": 0.25}, {"name": "polite", "dose": 0.1}])";

std::unique_ptr<ServingBench> monitored() {
    return std::make_unique<ServingBench>(
        [](server::ServingOptions& options) { options.monitor = server::Monitor::all; });
}

TEST(ConceptMetrics, are_of_each_concept_and_of_unsteered_answers) {
    const auto bench = monitored();
    (void)bench->complete({{"concepts", kHappy}});
    (void)bench->complete({{"concepts", json::parse(kSecondUse)}});
    (void)bench->complete();
    (void)bench->get("/v1/models");
    const auto is = [&](const std::string& name, double value) {
        EXPECT_TRUE(bench->metric_becomes(name, value)) << name << " is " << bench->metric(name);
    };
    is(R"(contrans_concept_requests_total{concept="happy"})", 2);
    is(R"(contrans_concept_requests_total{concept="polite"})", 1);
    is(R"(contrans_concept_requests_total{concept=""})", 1);
    is(R"(contrans_concept_dose_count{concept="happy"})", 2);
    is(R"(contrans_concept_dose_bucket{concept="happy",le="0.25"})", 1);
    is(R"(contrans_concept_answer_seconds_count{concept="happy"})", 2);
    is(R"(contrans_concept_first_token_seconds_count{concept=""})", 1);
    is(R"(contrans_concept_repetition_ratio_count{concept="polite"})", 1);
    is(R"(contrans_concept_refusals_total{concept="happy"})", 0);
    is(R"(contrans_concept_projection_count{concept="happy"})", 2);
    is(R"(contrans_concept_projection_count{concept="polite"})", 1);
    is(R"(contrans_concept_projection_count{concept=""})", -1);
    is("contrans_generated_tokens_total", 36);
}

TEST(ConceptMetrics, projection_is_the_mean_of_those_that_a_client_sees) {
    const auto bench = monitored();
    const json answer = bench->complete({{"concepts", kHappy}, {"projections", true}}).json();
    double mean = 0;
    const json& projections = answer["contrans"]["projections"];
    ASSERT_EQ(projections.size(), 12U);
    for (const json& each : projections) mean += each["doses"]["happy"].get<double>() / 12;
    EXPECT_TRUE(bench->metric_becomes(R"(contrans_concept_projection_count{concept="happy"})", 1));
    EXPECT_NEAR(bench->metric(R"(contrans_concept_projection_sum{concept="happy"})"), mean, 1e-4);
}

TEST(Monitoring, changes_nothing_that_a_client_sees) {
    const auto bench = monitored();
    const ServingBench plain;
    // Might be about to stop all the time, so that its text is held back to the end.
    const std::string stop = plain.text({{"concepts", kHappy}}) + "#";
    for (const bool stream : {false, true}) {
        const json body = {{"concepts", kHappy}, {"stream", stream}, {"stop", stop}};
        const auto watched = bench->complete(body);
        const auto unwatched = plain.complete(body);
        EXPECT_EQ(watched.body.find("projections"), std::string::npos) << watched.body;
        EXPECT_EQ(watched.events().size(), unwatched.events().size());
        if (stream) continue;
        EXPECT_EQ(watched.json()["choices"], unwatched.json()["choices"]);
    }
    const json some = bench->complete({{"concepts", json::parse(kSecondUse)}, {"projections", json::array({"polite"})}})
                          .json()["contrans"]["projections"];
    EXPECT_EQ(some[0]["doses"].size(), 1U) << "what was not asked for is watched and not shown: " << some[0];
    EXPECT_EQ(plain.metric(R"(contrans_concept_projection_count{concept="happy"})"), -1);
}

class MonitoredRollout : public ::testing::Test {
protected:
    void SetUp() override {
        bench_ = std::make_unique<ServingBench>([&](server::ServingOptions& options) {
            options.registry = folder_ / "registry";
            options.keys =
                server::ApiKeys::parse("administer aaaaaaaaaaaaaaaa anna\nadminister bbbbbbbbbbbbbbbb bob\n", "keys");
            options.webhooks.urls = {hook_.url() + "/hook"};
        });
        weaken_happy();
        auto plan = plan_json("calm");
        plan["stages"] = json::parse(R"([{"pilot": ["anna"]}, {"percent": 100}])");
        plan["gates"] = json::parse(R"([{"metric": "error", "most": 0.2}])");
        ASSERT_EQ(bench_->post("/v1/rollouts", plan, kAnna).status, 200);
        ASSERT_EQ(step("start").status, 200);
    }
    /// The bench's vectors are so long that what the tiny model's states do beside them is less than a hundredth of a
    /// dose.
    void weaken_happy() {
        const std::filesystem::path file = bench_->folder() / "vectors/happy.gguf";
        ControlVector vector = read_control_vector(file);
        ControlLayer& layer = vector.layers.at(0);
        for (float& value : layer.offset) value /= static_cast<float>(layer.sigma);
        layer.coefficient /= layer.sigma;
        layer.sigma = 1;
        write_control_vector(vector, file);
        ASSERT_EQ(bench_->post("/v1/concepts", {{"file", "happy.gguf"}}, kAnna).status, 201);
    }
    testing::HttpAnswer step(const std::string& step, const std::string& key = kAnna) {
        return bench_->post("/v1/rollouts/calm", {{"step", step}, {"reason", "a \"reason\""}}, key);
    }
    /// Answers to users of their own.
    void answer(int users, const std::string& prompt) {
        for (int i = 0; i < users; ++i) {
            const json fields = {{"prompt", prompt}, {"max_tokens", 2}, {"user", "user-" + std::to_string(++users_)}};
            ASSERT_EQ(bench_->post("/v1/completions", completion_body(fields), kAnna).status, 200);
        }
    }
    std::string metrics() const { return bench_->get("/metrics", kAnna).body; }
    bool metrics_get(const std::string& line) const {
        return becomes([&] { return metrics().find("\n" + line) != std::string::npos; });
    }
    json told(const std::string& event) const {
        json found;
        (void)becomes([&] {
            for (const std::string& body : hook_.requests()) {
                if (json::parse(body)["event"] == event) found = json::parse(body);
            }
            return !found.is_null();
        });
        return found;
    }
    json status() const { return bench_->get("/v1/rollouts/calm", kAnna).json(); }
    /// A pilot, then a stage whose users ask something else: enough of both to tell drift.
    void drift() {
        answer(60, "The weather is");
        ASSERT_TRUE(becomes([&] { return status()["drift"][0]["reference_answers"] == 60; })) << status();
        ASSERT_EQ(step("promote").status, 200);
        answer(60, "Seven ships sailed away from a harbour full of");
    }

    testing::TemporaryFolder folder_;
    FakeEndpoint hook_{[](std::size_t, const std::string&) { return http_reply(200, ""); }};
    std::unique_ptr<ServingBench> bench_;
    int users_ = 0;
};

TEST_F(MonitoredRollout, drift_is_seen_and_told_everywhere) {
    drift();
    ASSERT_TRUE(becomes([&] { return status()["drift"][0]["state"] == "drifted"; })) << status();
    const json now = status();
    EXPECT_EQ(now["drift"][0]["concept"], "happy");
    EXPECT_EQ(now["drift"][0]["reference_answers"], 60);
    EXPECT_GT(now["drift"][0]["index"], 0.25);
    EXPECT_EQ(now["state"], "running") << "drift rolls nothing back";
    const json drift = told("drift");
    EXPECT_EQ(drift["rollout"], "calm");
    EXPECT_EQ(drift["gate"], "happy");
    EXPECT_TRUE(metrics_get(R"(contrans_rollout_alarms_total{gate="drift of happy",rollout="calm"} 1)")) << metrics();
    EXPECT_TRUE(metrics_get(R"(contrans_rollout_drift{concept="happy",rollout="calm"})")) << metrics();
}

TEST_F(MonitoredRollout, steps_reach_the_webhook_with_who_made_them) {
    answer(5, "The weather is");
    ASSERT_TRUE(becomes([&] { return status()["gates"][0]["state"] == "passed"; })) << status();
    ASSERT_EQ(step("promote", kBob).status, 200);
    const json promoted = told("promoted");
    EXPECT_EQ(promoted["text"], "calm was promoted to 100 % by bob");
    EXPECT_FALSE(promoted["server"].get<std::string>().empty());
    EXPECT_EQ(step("rollback", kBob).status, 200);
    const json back = told("rolled_back");
    EXPECT_EQ(back["text"], "calm was rolled back by bob: a \"reason\"");
    EXPECT_EQ(back["rollout"], "calm");
    EXPECT_TRUE(metrics_get(R"(contrans_rollout_state{rollout="calm",state="rolled_back"} 1)"));
    EXPECT_TRUE(metrics_get(R"(contrans_rollout_requests_total{arm="treatment",rollout="calm",stage="1"} 5)"));
    EXPECT_TRUE(metrics_get(R"(contrans_webhook_alerts_total{outcome="delivered"} 2)"));
}

TEST_F(MonitoredRollout, what_cannot_be_served_is_told) {
    EXPECT_TRUE(metrics_get(R"(contrans_rollout_served{rollout="calm"} 1)"));
    EXPECT_EQ(testing::ask(bench_->address(), "DELETE", "/v1/concepts/happy", "", kAnna).status, 200);
    EXPECT_NE(told("not_served")["text"].get<std::string>().find("not loaded"), std::string::npos);
    EXPECT_TRUE(metrics_get(R"(contrans_rollout_served{rollout="calm"} 0)"));
}

TEST_F(MonitoredRollout, serves_every_metric_of_the_dashboard) {
    drift();
    EXPECT_TRUE(metrics_get("contrans_rollout_drift{")) << metrics();
    std::ifstream file(CONTRANS_SOURCE_DIR "/deploy/grafana-dashboard.json");
    const json dashboard = json::parse(file);
    std::set<std::string> names;
    for (const json& panel : dashboard["panels"]) {
        if (!panel.contains("targets")) continue;
        for (const json& target : panel["targets"]) {
            const std::string text = target["expr"];
            for (std::size_t at = 0; (at = text.find("contrans_", at)) != std::string::npos;) {
                const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
                names.insert(text.substr(at, end - at));
                at = end;
            }
        }
    }
    EXPECT_GE(names.size(), 15U);
    const std::string served = metrics();
    for (const std::string& each : names) {
        const bool there =
            served.find("\n" + each + "{") != std::string::npos || served.find("\n" + each + " ") != std::string::npos;
        EXPECT_TRUE(there) << each << " is on the dashboard, and not served";
    }
}

}  // namespace
}  // namespace contrans
