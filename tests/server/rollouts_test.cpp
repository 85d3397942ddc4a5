// Rollouts in a running server: who gets the treatment, what is counted, and that it ends when it is told to.
#include <soci/soci.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "apps/server/serving_rollouts.h"
#include "apps/server/shelf_arms.h"
#include "contrans/registry/audit_check.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_location.h"
#include "contrans/registry/rollout_store.h"
#include "gtest/gtest.h"
#include "tests/core/becomes.h"
#include "tests/registry/postgres_databases.h"
#include "tests/rollout/plan_text.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::completion_body;
using testing::HttpAnswer;
using testing::plan_json;
using testing::ServingBench;

const std::string kAnna = "Authorization: Bearer aaaaaaaaaaaaaaaa\r\n";
const std::string kBob = "Authorization: Bearer bbbbbbbbbbbbbbbb\r\n";
const std::string kCaller = "Authorization: Bearer cccccccccccccccc\r\n";
constexpr const char* kKeys =
    "administer aaaaaaaaaaaaaaaa anna\nadminister bbbbbbbbbbbbbbbb bob\ncall cccccccccccccccc caller\n";

class ServingRolloutsTest : public ::testing::Test {
protected:
    ServingRolloutsTest() { testing::give_database(folder()); }

    std::unique_ptr<ServingBench> serve() {
        return std::make_unique<ServingBench>([&](server::ServingOptions& options) {
            options.registry = folder();
            options.keys = server::ApiKeys::parse(kKeys, "keys");
            options.scheduler.context_tokens = 8192;  // an answer that takes seconds
        });
    }
    std::filesystem::path folder() const { return folder_ / "registry"; }
    RolloutStore store() const { return RolloutStore(Database(registry_backend(folder(), OpenMode::existing))); }
    /// A split of half the users, told by nothing but error and thumbs.
    static nlohmann::ordered_json half(const std::string& name = "half") {
        auto plan = plan_json(name);
        plan["stages"] = json::parse(R"([{"percent": 50}, {"percent": 100}])");
        plan["gates"] = json::parse(R"([{"metric": "error", "margin": 0.02}, {"metric": "thumbs_down", "margin": 0}])");
        return plan;
    }
    static void begin(const ServingBench& bench, const nlohmann::ordered_json& plan) {
        ASSERT_EQ(bench.post("/v1/rollouts", plan, kAnna).status, 200);
        ASSERT_EQ(step(bench, plan["name"], "start").status, 200);
    }
    static HttpAnswer step(const ServingBench& bench, const std::string& name, const std::string& step,
                           const std::string& key = kAnna) {
        return bench.post("/v1/rollouts/" + name, {{"step", step}}, key);
    }
    static json ask(const ServingBench& bench, const json& fields, const std::string& key = kCaller) {
        return bench.post("/v1/completions", completion_body(fields.is_null() ? json::object() : fields), key).json();
    }
    static std::string arm_of(const json& answer) {
        return answer["contrans"].contains("rollout") ? answer["contrans"]["rollout"]["arm"].get<std::string>()
                                                      : "none";
    }
    std::vector<AuditRecord> audited(const std::string& action) const {
        std::vector<AuditRecord> records;
        Registry registry(folder(), {OpenMode::existing, "test"});
        registry.database().read([&](soci::session& session) {
            EXPECT_TRUE(check_audit(session).holds());
            AuditFilter filter;
            filter.action = action;
            read_audit(session, filter, [&](const AuditRecord& record) { records.push_back(record); });
        });
        return records;
    }

    testing::TemporaryFolder folder_;
};

TEST_F(ServingRolloutsTest, a_pilot_is_for_its_keys_alone) {
    auto bench = serve();
    begin(*bench, plan_json("calm"));
    const json piloted = ask(*bench, {}, kAnna);
    EXPECT_EQ(arm_of(piloted), "treatment");
    EXPECT_EQ(piloted["contrans"]["concepts"][0]["concept"], "happy");
    EXPECT_EQ(piloted["contrans"]["rollout"]["name"], "calm");
    EXPECT_EQ(piloted["contrans"]["rollout"]["stage"], 1);
    EXPECT_EQ(arm_of(ask(*bench, {{"user", "u1"}})), "none");
    const json own = ask(*bench, {{"concepts", json::array({{{"name", "polite"}, {"dose", 0.1}}})}}, kAnna);
    EXPECT_EQ(arm_of(own), "none") << "who chooses is in no rollout";
    EXPECT_EQ(arm_of(ask(*bench, {{"concepts", json::array()}}, kAnna)), "none") << "be it nothing";
    EXPECT_EQ(arm_of(ask(*bench, {{"model", "tiny+polite@0.1"}}, kAnna)), "none");
    const std::string text = piloted["choices"][0]["text"];
    EXPECT_EQ(text,
              ask(*bench, {{"concepts", json::array({{{"name", "happy"}, {"dose", 0.5}}})}})["choices"][0]["text"]);
    bench.reset();
    const auto requests = audited("request");
    const auto calm = [](const AuditRecord& request) { return request.event.rollout == "calm"; };
    ASSERT_EQ(std::ranges::count_if(requests, calm), 1);
    const AuditEvent event = std::ranges::find_if(requests, calm)->event;
    EXPECT_EQ(event.subject, "happy");
    EXPECT_NE(event.detail.find("stage=1 arm=treatment"), std::string::npos) << event.detail;
}

TEST_F(ServingRolloutsTest, a_user_has_one_arm_over_restarts) {
    std::map<std::string, std::string> arms;
    auto bench = serve();
    begin(*bench, half());
    EXPECT_EQ(arm_of(ask(*bench, {})), "none") << "without a stable id there is no arm";
    for (int i = 0; i < 24; ++i) {
        const std::string user = "user-" + std::to_string(i);
        const json answer = ask(*bench, {{"user", user}, {"max_tokens", 2}});
        arms[user] = arm_of(answer);
        EXPECT_EQ(answer["contrans"]["concepts"].size(), arms[user] == "treatment" ? 1U : 0U);
    }
    bench.reset();
    bench = serve();
    std::set<std::string> seen;
    for (const auto& [user, arm] : arms) {
        EXPECT_EQ(arm_of(ask(*bench, {{"safety_identifier", user}, {"max_tokens", 1}})), arm) << user;
        seen.insert(arm);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"control", "treatment"}));
    bench.reset();
    const auto gates = store().gates("half");
    const auto error = std::ranges::find(gates, "error, at most 0", &GateReading::name);
    EXPECT_EQ(error, gates.end());
    const auto errors = std::ranges::find(gates, "error", &GateReading::name);
    EXPECT_EQ(errors->tallies.treatment.n + errors->tallies.control.n, 24U) << "each user once";
}

TEST_F(ServingRolloutsTest, rolling_back_reaches_an_answer_that_is_being_written) {
    auto bench = serve();
    auto plan = plan_json("calm");
    begin(*bench, plan);
    testing::Wire stream(bench->address());
    const json body = completion_body({{"max_tokens", 8000}, {"stream", true}, {"ignore_eos", true}});
    ASSERT_TRUE(stream.send(testing::request_text("POST", "/v1/completions", body.dump(), kAnna)));
    const std::size_t read = stream.read_some(1500).size();
    EXPECT_EQ(step(*bench, "calm", "rollback", kBob).json()["state"], "rolled_back");
    EXPECT_GT(stream.read_some(read + 3000).size(), read) << "it goes on unsteered";
    stream.close();
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "none");
    bench.reset();
    const auto switched_off = [](const AuditRecord& request) {
        return request.event.detail.find("switched_off_at=") != std::string::npos;
    };
    // Not by their order: an answer is recorded after its last byte, when the next may have been asked for.
    const auto requests = audited("request");
    EXPECT_EQ(requests.size(), 2U);
    EXPECT_EQ(std::ranges::count_if(requests, switched_off), 1);
    EXPECT_EQ(audited("rollout.rollback")[0].event.actor, "bob");
}

TEST_F(ServingRolloutsTest, another_process_can_end_it) {
    auto bench = serve();
    begin(*bench, plan_json("calm"));
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "treatment");
    (void)store().roll_back("calm", "carl", "complaints");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string arm = "treatment";
    while (arm != "none" && std::chrono::steady_clock::now() < deadline) {
        arm = arm_of(ask(*bench, {{"max_tokens", 1}}, kAnna));
    }
    EXPECT_EQ(arm, "none");
}

TEST_F(ServingRolloutsTest, several_servers_share_what_runs_and_what_was_seen) {
    auto one = serve();
    auto other = serve();
    begin(*one, half());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arm_of(ask(*other, {{"user", "first"}})) == "none" && std::chrono::steady_clock::now() < deadline) {
    }
    for (int i = 0; i < 8; ++i) {
        const json user = {{"user", "user-" + std::to_string(i)}, {"max_tokens", 1}};
        EXPECT_EQ(arm_of(ask(*one, user)), arm_of(ask(*other, user))) << i;
    }
    const json answer = ask(*one, {{"user", "rated"}, {"max_tokens", 1}});
    EXPECT_EQ(other->post("/v1/feedback", {{"id", answer["id"]}, {"thumbs", "up"}}, kCaller).status, 200)
        << "whichever server the rating reaches";
    const auto counted = [this] {
        const auto gates = store().gates("half");
        const auto errors = std::ranges::find(gates, "error", &GateReading::name);
        return errors->tallies.treatment.n + errors->tallies.control.n;
    };
    // What ends after the roll-back counts for nothing.
    EXPECT_TRUE(testing::becomes([&] { return counted() == 10; }));
    EXPECT_EQ(step(*other, "half", "rollback").status, 200);
    while (arm_of(ask(*one, {{"user", "first"}})) != "none" && std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_EQ(arm_of(ask(*one, {{"user", "first"}})), "none");
    one.reset();
    other.reset();
    EXPECT_EQ(counted(), 10U) << "each user once, over both servers";
}

TEST_F(ServingRolloutsTest, thumbs_down_roll_it_back) {
    auto bench = serve();
    begin(*bench, half());
    bool over = false;
    int users = 0;
    for (; !over && users < 300; ++users) {
        const json answer = ask(*bench, {{"user", "user-" + std::to_string(users)}, {"max_tokens", 1}});
        over = arm_of(answer) == "none";
        if (over) break;
        const json feedback = {{"id", answer["id"]}, {"thumbs", arm_of(answer) == "treatment" ? "down" : "up"}};
        EXPECT_EQ(bench->post("/v1/feedback", feedback, kCaller).status, 200);
    }
    EXPECT_TRUE(over);
    EXPECT_LT(users, 100);
    const json status = bench->get("/v1/rollouts/half", kAnna).json();
    EXPECT_EQ(status["state"], "rolled_back");
    EXPECT_EQ(status["alarm"], "thumbs_down");
    EXPECT_EQ(status["changed_by"], "gates");
    const json& thumbs =
        *std::ranges::find_if(status["gates"], [](const json& gate) { return gate["name"] == "thumbs_down"; });
    EXPECT_EQ(thumbs["state"], "failed");
    EXPECT_GE(thumbs["moments"].size(), 5U);
    EXPECT_GT(thumbs["moments"].back()["low"], 0.0);
}

TEST_F(ServingRolloutsTest, a_concept_that_is_not_loaded_is_not_served_and_nobody_suffers) {
    auto bench = serve();
    auto plan = plan_json("calm");
    plan["treatment"][0]["concept"] = "missing";
    begin(*bench, plan);
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "none");
    const json here = bench->get("/v1/rollouts/calm", kAnna).json()["here"];
    EXPECT_EQ(here["served"], false);
    EXPECT_NE(here["trouble"].get<std::string>().find("missing"), std::string::npos);
    step(*bench, "calm", "rollback");
    plan = plan_json("strong");
    plan["treatment"][0]["dose"] = 50;
    begin(*bench, plan);
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "none") << "a dose beyond the tested range is not given either";
    step(*bench, "strong", "rollback");
    plan = plan_json("versioned");
    plan["treatment"][0]["version"] = 3;
    begin(*bench, plan);
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "none") << "nor a file that is not the version";
    step(*bench, "versioned", "rollback");
    begin(*bench, plan_json("unloaded"));
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "treatment");
    EXPECT_EQ(testing::ask(bench->address(), "DELETE", "/v1/concepts/happy", "", kAnna).status, 200);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arm_of(ask(*bench, {}, kAnna)) != "none" && std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_EQ(arm_of(ask(*bench, {}, kAnna)), "none");
}

TEST_F(ServingRolloutsTest, a_registry_that_cannot_be_read_switches_all_off_until_it_can) {
    Registry registry(folder(), {OpenMode::create, "test"});
    (void)store().plan(parse_rollout_plan(half().dump(), "plan"), "anna");
    (void)store().start("half", "anna");
    const testing::ServingFolder files;
    ConceptShelf shelf(Model::load(files / "tiny.gguf"));
    (void)shelf.load_folder(files / "vectors");
    std::mutex mutex;
    std::string said;
    server::ServingRollouts::Options options;
    options.registry = folder();
    options.on_trouble = [&](const std::string& text) {
        const std::lock_guard lock(mutex);
        said += text + "\n";
    };
    options.blind_time = std::chrono::milliseconds(200);
    const server::ShelfArms arms(shelf, [](const ServedConcept&) { return std::string(); });
    server::ServingRollouts rollouts(arms, options);
    const auto before = rollouts.choose("user", "", "answer");
    ASSERT_TRUE(before.has_value());
    const auto rename = [&](const std::string& from, const std::string& to) {
        registry.database().write(
            [&](soci::session& session) { session << "ALTER TABLE " + from + " RENAME TO " + to; });
    };
    const auto becomes = [&](bool served) {
        for (int looks = 0; looks < 400 && rollouts.choose("user", "", "answer").has_value() != served; ++looks) {
            std::this_thread::sleep_for(std::chrono::milliseconds(25));
        }
        return rollouts.choose("user", "", "answer").has_value() == served;
    };
    rename("rollouts", "hidden");
    EXPECT_TRUE(becomes(false));
    EXPECT_TRUE(before->steering_switch->is_off()) << "answers being written hear of it too";
    rename("hidden", "rollouts");
    EXPECT_TRUE(becomes(true));
    EXPECT_FALSE(rollouts.choose("user", "", "answer")->steering_switch->is_off());
    const std::lock_guard lock(mutex);
    EXPECT_NE(said.find("switched off"), std::string::npos) << said;
}

TEST_F(ServingRolloutsTest, steps_need_the_role_and_the_rules) {
    auto bench = serve();
    EXPECT_EQ(bench->post("/v1/rollouts", plan_json("calm"), kCaller).status, 403);
    EXPECT_EQ(bench->post("/v1/rollouts", plan_json("calm")).status, 401);
    EXPECT_EQ(bench->get("/v1/rollouts", kCaller).status, 403);
    auto plan = plan_json("calm");
    plan["approvals"] = 1;
    EXPECT_EQ(bench->post("/v1/rollouts", plan, kAnna).status, 200);
    EXPECT_EQ(step(*bench, "calm", "start").status, 409);
    EXPECT_EQ(step(*bench, "calm", "approve").status, 409);
    EXPECT_EQ(step(*bench, "calm", "approve", kBob).status, 200);
    EXPECT_EQ(step(*bench, "calm", "start").status, 200);
    EXPECT_EQ(step(*bench, "calm", "promote").error("code"), "rollout_refused");
    EXPECT_EQ(step(*bench, "nobody", "start").status, 409);
    EXPECT_EQ(step(*bench, "calm", "destroy").status, 400);
    EXPECT_EQ(bench->post("/v1/rollouts/calm", json::object(), kAnna).status, 400);
    EXPECT_EQ(bench->post("/v1/rollouts", {{"rollout", 1}}, kAnna).status, 400);
    EXPECT_EQ(testing::ask(bench->address(), "POST", "/v1/rollouts", std::string(100, '['), kAnna).status, 400);
    EXPECT_EQ(bench->get("/v1/rollouts/nobody", kAnna).status, 409);
    EXPECT_EQ(bench->get("/v1/rollouts", kAnna).json()["data"].size(), 1U);
}

TEST_F(ServingRolloutsTest, feedback_is_read_strictly) {
    auto bench = serve();
    const auto status = [&](const json& body) { return bench->post("/v1/feedback", body, kCaller).status; };
    EXPECT_EQ(status({{"id", "chatcmpl-unknown"}, {"thumbs", "up"}}), 404);
    EXPECT_EQ(status({{"id", "a"}}), 400);
    EXPECT_EQ(status({{"id", "a"}, {"thumbs", "sideways"}}), 400);
    EXPECT_EQ(status({{"id", "a"}, {"score", 1.5}}), 400);
    EXPECT_EQ(status({{"id", "a"}, {"score", 0.5}, {"thumbs", "up"}}), 400);
    EXPECT_EQ(status({{"id", 7}, {"score", 0.5}}), 400);
    EXPECT_EQ(status({{"id", "a"}, {"score", 0.5}, {"text", "x"}}), 400);
}

TEST(ServingWithoutRegistry, has_no_rollouts) {
    const ServingBench bench;
    EXPECT_EQ(bench.get("/v1/rollouts").error("code"), "no_registry");
    EXPECT_EQ(bench.post("/v1/rollouts", plan_json()).error("code"), "no_registry");
    EXPECT_EQ(bench.post("/v1/feedback", {{"id", "a"}, {"thumbs", "up"}}).status, 404);
    EXPECT_EQ(bench.complete({{"user", "u1"}}).status, 200);
}

}  // namespace
}  // namespace contrans
