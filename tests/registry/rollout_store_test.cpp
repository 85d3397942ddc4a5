// Rollouts as a registry keeps them: which steps are allowed, what is counted, and that gates act.
#include "contrans/registry/rollout_store.h"

#include <algorithm>

#include "contrans/registry/audit_check.h"
#include "contrans/registry/audit_log.h"
#include "contrans/registry/registry_location.h"
#include "contrans/registry/rollout_retention.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/shelf_of_files.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using testing::plan_json;
using testing::plan_of;
using testing::throws_error;
using Json = nlohmann::ordered_json;

class RolloutStoreTest : public ::testing::Test {
protected:
    RolloutStore open() {
        (void)shelf_.open();  // makes it
        return RolloutStore(Database(registry_backend(shelf_.registry_folder(), OpenMode::existing)),
                            [this] { return shelf_.clock += 1'000'000; });
    }
    /// Begun, at a stage of the plan.
    void run(const Json& plan, std::size_t stage = 0) {
        (void)store.plan(plan_of(plan), "anna");
        (void)store.start(plan["name"], "anna");
        for (std::size_t k = 0; k < stage; ++k) {
            show(plan["name"], k, 4, 4);
            (void)store.promote(plan["name"], "anna");
        }
    }
    /// Users of both arms, in the plan's proportion of 1 to 3, who saw nothing bad.
    void show(const std::string& name, std::size_t stage, std::size_t treated, std::size_t others) {
        for (std::size_t i = 0; i < treated; ++i) (void)store.count(std::vector{answer(name, stage, Arm::treatment)});
        for (std::size_t i = 0; i < others; ++i) (void)store.count(std::vector{answer(name, stage, Arm::control)});
    }
    CountedAnswer answer(const std::string& name, std::size_t stage, Arm arm, double refusal = 0, double error = 0) {
        const std::string unit = "user" + std::to_string(++users_);
        CountedAnswer counted{{"id" + std::to_string(users_), name, stage, unit, arm}, {}};
        const auto add = [&](const char* gate, double value) {
            counted.outcomes.push_back({name, stage, gate, unit, arm, value});
        };
        add("assigned", 0);
        add("error, at most 0.2", error);
        if (stage == 1) {
            add("refusal", refusal);
            add("thumbs_down", 0);
        }
        return counted;
    }
    std::vector<std::string> audited() {
        std::vector<std::string> lines;
        Registry registry = shelf_.open();
        registry.database().read([&](soci::session& session) {
            EXPECT_TRUE(check_audit(session).holds());
            read_audit(session, {}, [&](const AuditRecord& record) {
                lines.push_back(record.event.action + " " + record.event.actor + " " + record.event.rollout);
            });
        });
        return lines;
    }

    RolloutCut cut(Microseconds before) {
        Registry registry = shelf_.open();
        return cut_rollouts(registry.database(), before, "carl", shelf_.clock);
    }

    testing::ShelfOfFiles shelf_;
    std::size_t users_ = 0;
    RolloutStore store = open();
};

TEST_F(RolloutStoreTest, goes_from_plan_to_start_to_promotion_to_the_end) {
    const Json plan = plan_json("calm");
    EXPECT_EQ(store.plan(plan_of(plan), "anna").state, RolloutState::planned);
    EXPECT_TRUE(store.running().empty());
    EXPECT_EQ(store.start("calm", "anna").state, RolloutState::running);
    show("calm", 0, 3, 0);
    EXPECT_EQ(store.promote("calm", "bob").stage, 1U);
    show("calm", 1, 3, 9);
    EXPECT_EQ(open().promote("calm", "bob").stage, 2U) << "another process sees the same";
    ASSERT_EQ(store.running().size(), 1U);
    EXPECT_EQ(store.running()[0].plan, plan_of(plan));
    const RolloutStatus ended = store.roll_back("calm", "carl", "enough");
    EXPECT_EQ(ended.state, RolloutState::rolled_back);
    EXPECT_EQ(ended.reason, "enough");
    EXPECT_TRUE(store.running().empty());
    EXPECT_EQ(audited(),
              (std::vector<std::string>{"rollout.plan anna calm", "rollout.start anna calm", "rollout.promote bob calm",
                                        "rollout.promote bob calm", "rollout.rollback carl calm"}));
}

TEST_F(RolloutStoreTest, refuses_steps_out_of_order) {
    const auto refused = [&](const std::string& part, const std::function<void()>& step) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"rollout", part}, step));
    };
    refused("\"calm\"", [&] { (void)store.start("calm", "anna"); });
    (void)store.plan(plan_of(plan_json("calm")), "anna");
    refused("planned", [&] { (void)store.promote("calm", "anna"); });
    refused("planned", [&] { (void)store.roll_back("calm", "anna", ""); });
    (void)store.start("calm", "anna");
    refused("running", [&] { (void)store.start("calm", "anna"); });
    refused("another name", [&] { (void)store.plan(plan_of(plan_json("calm")), "anna"); });
    (void)store.roll_back("calm", "anna", "");
    refused("rolled_back", [&] { (void)store.start("calm", "anna"); });
    refused("rolled_back", [&] { (void)store.promote("calm", "anna"); });
    refused("rolled_back", [&] { (void)store.approve("calm", "bob"); });
    refused("another name", [&] { (void)store.plan(plan_of(plan_json("calm")), "anna"); });
    EXPECT_EQ(audited().size(), 3U) << "what was refused left no record";
}

TEST_F(RolloutStoreTest, is_not_promoted_past_a_gate_without_data) {
    run(plan_json("calm"));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"error", "no_data"}, [&] { (void)store.promote("calm", "anna"); }));
    show("calm", 0, 2, 0);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"error", "waiting"}, [&] { (void)store.promote("calm", "anna"); }));
    show("calm", 0, 1, 0);
    EXPECT_EQ(store.promote("calm", "anna").stage, 1U);
}

TEST_F(RolloutStoreTest, the_last_stage_is_the_last) {
    run(plan_json("calm"), 2);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"last stage"}, [&] { (void)store.promote("calm", "anna"); }));
}

TEST_F(RolloutStoreTest, two_on_one_key_are_refused) {
    Json a = plan_json("a"), b = plan_json("b"), c = plan_json("c");
    a["keys"] = {"anna"};
    b["keys"] = {"bob"};
    run(a);
    run(b);
    (void)store.plan(plan_of(c), "anna");
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"\"a\"", "same requests"}, [&] { (void)store.start("c", "anna"); }));
    (void)store.roll_back_all("anna", "room for c");
    EXPECT_EQ(store.start("c", "anna").state, RolloutState::running);
}

TEST_F(RolloutStoreTest, needs_the_approval_of_a_second_person_for_every_step) {
    Json plan = plan_json("safe");
    plan["treatment"][0]["concept"] = "refusal";
    (void)store.plan(plan_of(plan), "anna");
    const auto start = [&] { (void)store.start("safe", "anna"); };
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"approval"}, start));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"anna", "wrote"}, [&] { (void)store.approve("safe", "anna"); }));
    EXPECT_EQ(store.approve("safe", "bob").approved, std::vector<std::string>{"bob"});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"bob", "already"}, [&] { (void)store.approve("safe", "bob"); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"approval"}, [&] { (void)store.start("safe", "bob"); }))
        << "who approved is not a second person to himself";
    start();
    show("safe", 0, 3, 0);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"approval"}, [&] { (void)store.promote("safe", "anna"); }));
    (void)store.approve("safe", "carl");
    EXPECT_EQ(store.promote("safe", "anna").stage, 1U);
    EXPECT_TRUE(store.show("safe").approved.empty()) << "an approval is of one step";
}

TEST_F(RolloutStoreTest, a_plan_that_changes_loses_its_approvals) {
    Json plan = plan_json("safe");
    plan["approvals"] = 1;
    (void)store.plan(plan_of(plan), "anna");
    (void)store.approve("safe", "bob");
    plan["treatment"][0]["dose"] = 5;
    (void)store.plan(plan_of(plan), "anna");
    EXPECT_TRUE(store.show("safe").approved.empty());
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"approval"}, [&] { (void)store.start("safe", "anna"); }));
}

TEST_F(RolloutStoreTest, counts_each_user_once_a_stage) {
    run(plan_json("calm"), 1);
    CountedAnswer same = answer("calm", 1, Arm::treatment, 1);
    for (int i = 0; i < 5; ++i) {
        same.answer.id += "x";
        (void)store.count(std::vector{same});
    }
    const auto gates = store.gates("calm");
    const auto refusal = std::ranges::find(gates, "refusal", &GateReading::name);
    EXPECT_EQ(refusal->tallies.treatment.n, 1U);
    EXPECT_EQ(refusal->tallies.treatment.sum, 1.0);
}

TEST_F(RolloutStoreTest, a_gate_that_fails_rolls_back_by_itself) {
    run(plan_json("calm"), 1);
    std::vector<RolloutAlarm> alarms;
    std::size_t shown = 0;
    for (; alarms.empty() && shown < 500; ++shown) {
        const bool treated = shown % 4 == 0;
        alarms =
            store.count(std::vector{answer("calm", 1, treated ? Arm::treatment : Arm::control, treated ? 1.0 : 0.0)});
    }
    ASSERT_EQ(alarms.size(), 1U);
    EXPECT_EQ(alarms[0].gate, "refusal");
    EXPECT_TRUE(alarms[0].rolled_back);
    EXPECT_LT(shown, 200U);
    const RolloutStatus status = store.show("calm");
    EXPECT_EQ(status.state, RolloutState::rolled_back);
    EXPECT_EQ(status.alarm, "refusal");
    EXPECT_EQ(audited().back(), "rollout.rollback gates calm");
    EXPECT_TRUE(store.count(std::vector{answer("calm", 1, Arm::treatment, 1)}).empty()) << "it is over";
}

TEST_F(RolloutStoreTest, an_alarm_that_is_told_stays_and_stops_promotion) {
    Json plan = plan_json("calm");
    plan["on_alarm"] = "tell";
    run(plan, 1);
    std::vector<RolloutAlarm> alarms;
    for (int i = 0; alarms.empty() && i < 500; ++i) {
        alarms = store.count(std::vector{answer("calm", 1, i % 4 == 0 ? Arm::treatment : Arm::control, i % 4 == 0)});
    }
    ASSERT_EQ(alarms.size(), 1U);
    EXPECT_FALSE(alarms[0].rolled_back);
    EXPECT_EQ(store.show("calm").state, RolloutState::running);
    for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(store.count(std::vector{answer("calm", 1, Arm::treatment, 0)}).empty()) << "told once";
    }
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"alarm"}, [&] { (void)store.promote("calm", "anna"); }));
}

TEST_F(RolloutStoreTest, promotes_itself_where_the_plan_says_so) {
    Json plan = plan_json("calm");
    plan["promote"] = "when_passed";
    (void)store.plan(plan_of(plan), "anna");
    (void)store.start("calm", "anna");
    show("calm", 0, 3, 0);
    EXPECT_EQ(store.show("calm").stage, 1U);
    show("calm", 1, 3, 9);
    EXPECT_EQ(store.show("calm").stage, 2U);
    show("calm", 2, 20, 0);
    EXPECT_EQ(store.show("calm").stage, 2U);
}

TEST_F(RolloutStoreTest, ratings_find_the_arm_of_their_answer) {
    run(plan_json("calm"), 1);
    CountedAnswer counted = answer("calm", 1, Arm::control);
    std::erase_if(counted.outcomes, [](const RolloutOutcome& outcome) { return outcome.gate == "thumbs_down"; });
    (void)store.count(std::vector{counted});
    std::vector<RolloutAlarm> alarms;
    EXPECT_FALSE(store.rate("nobody", OutcomeMetric::thumbs_down, 1, alarms));
    EXPECT_TRUE(store.rate(counted.answer.id, OutcomeMetric::thumbs_down, 1, alarms));
    EXPECT_TRUE(store.rate(counted.answer.id, OutcomeMetric::thumbs_down, 1, alarms)) << "once, but known";
    const auto gates = store.gates("calm");
    const auto thumbs = std::ranges::find(gates, "thumbs_down", &GateReading::name);
    EXPECT_EQ(thumbs->tallies.control.n, 1U);
    EXPECT_EQ(thumbs->tallies.control.sum, 1.0);
}

TEST_F(RolloutStoreTest, the_history_ends_where_the_gates_are) {
    run(plan_json("calm"), 1);
    show("calm", 1, 40, 120);
    const auto histories = store.history("calm", 20);
    ASSERT_EQ(histories.size(), 4U);
    for (const GateHistory& history : histories) {
        ASSERT_FALSE(history.moments.empty()) << history.now.name;
        EXPECT_LE(history.moments.size(), 20U);
        const GateReading& last = history.moments.back().reading;
        EXPECT_EQ(last.tallies.treatment.n, history.now.tallies.treatment.n);
        EXPECT_EQ(last.tallies.control.n, history.now.tallies.control.n);
        EXPECT_DOUBLE_EQ(last.high, history.now.high);
        EXPECT_TRUE(std::ranges::is_sorted(history.moments, {}, &GateHistory::Moment::at));
    }
}

TEST_F(RolloutStoreTest, a_stage_that_is_over_counts_for_nothing) {
    run(plan_json("calm"), 1);
    const std::size_t before = store.gates("calm").front().tallies.treatment.n;
    (void)store.count(std::vector{answer("calm", 0, Arm::treatment)});
    EXPECT_EQ(store.gates("calm").front().tallies.treatment.n, before);
}

TEST_F(RolloutStoreTest, a_clock_that_goes_back_breaks_nothing) {
    run(plan_json("calm"));
    shelf_.clock -= 3'600'000'000;
    show("calm", 0, 3, 0);
    EXPECT_EQ(store.promote("calm", "anna").stage, 1U);
    EXPECT_EQ(audited().back(), "rollout.promote anna calm");
}

TEST_F(RolloutStoreTest, old_answers_and_outcomes_are_cut_and_the_sums_stay) {
    run(plan_json("calm"), 1);
    CountedAnswer seen = answer("calm", 1, Arm::treatment);
    (void)store.count(std::vector{seen});
    const auto before = store.gates("calm");
    const RolloutCut done = cut(shelf_.clock + 1);
    EXPECT_EQ(done.answers, 9U);
    EXPECT_EQ(done.outcomes, 16U) << "two of each of the eight that the first stage saw";
    const auto after = store.gates("calm");
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].tallies.treatment.n, before[i].tallies.treatment.n);
        EXPECT_EQ(after[i].state, before[i].state);
    }
    std::vector<RolloutAlarm> alarms;
    EXPECT_FALSE(store.rate(seen.answer.id, OutcomeMetric::thumbs_down, 1, alarms)) << "its answer is gone";
    seen.answer.id = "later";
    (void)store.count(std::vector{seen});
    EXPECT_EQ(store.gates("calm").front().tallies.treatment.n, before.front().tallies.treatment.n)
        << "a user still counts once in the stage that runs";
    EXPECT_EQ(audited().back(), "rollout.cut carl ");
}

TEST_F(RolloutStoreTest, what_is_newer_is_not_cut) {
    run(plan_json("calm"), 1);
    show("calm", 1, 2, 2);
    const Microseconds middle = shelf_.clock;
    show("calm", 1, 2, 2);
    (void)store.roll_back("calm", "anna", "enough");
    EXPECT_EQ(cut(0).answers, 0U);
    EXPECT_EQ(audited().back(), "rollout.rollback anna calm") << "nothing cut, nothing recorded";
    const RolloutCut done = cut(middle);
    EXPECT_GE(done.answers, 8U);
    EXPECT_EQ(done.outcomes, 16U) << "the second stage saw somebody since, and is cut whole or not at all";
    EXPECT_FALSE(store.history("calm").front().moments.empty());
    EXPECT_EQ(cut(shelf_.clock + 1).outcomes, 32U);
    EXPECT_TRUE(store.history("calm").front().moments.empty());
    EXPECT_EQ(store.history("calm").front().now.tallies.treatment.n, 4U);
}

/// Answers of the treatment whose mean projections on the plan's concept, "happy", lie evenly within 0.05 of `mean`.
std::vector<CountedAnswer> projected(std::size_t stage, std::size_t answers, double mean) {
    std::vector<CountedAnswer> counted;
    for (std::size_t i = 0; i < answers; ++i) {
        const std::string id = "p" + std::to_string(stage) + "-" + std::to_string(mean) + "-" + std::to_string(i);
        const double off = 0.1 * static_cast<double>(i) / static_cast<double>(answers) - 0.05;
        counted.push_back({{id, "calm", stage, id, Arm::treatment}, {}, {{"happy", mean + off}}});
    }
    return counted;
}

TEST_F(RolloutStoreTest, drift_against_the_first_stage_is_told_once_over_all_processes) {
    run(plan_json("calm"));
    EXPECT_TRUE(store.count(projected(0, 60, 0.3)).empty());
    EXPECT_TRUE(store.count(projected(0, 60, 0.9)).empty()) << "the first stage is the reference, whatever it shows";
    ASSERT_EQ(store.drift("calm").size(), 1U);
    EXPECT_EQ(store.drift("calm")[0].concept_name, "happy");
    EXPECT_EQ(store.drift("calm")[0].reference_answers, 120U);
    EXPECT_EQ(store.drift("calm")[0].answers, 0U);
    show("calm", 0, 3, 0);
    (void)store.promote("calm", "anna");
    EXPECT_TRUE(store.count(projected(1, 40, 0.3)).empty());
    EXPECT_EQ(store.drift("calm")[0].state, DriftState::waiting);
    RolloutStore other = open();
    const auto alarms = other.count(projected(1, 200, 0.6));
    ASSERT_EQ(alarms.size(), 1U);
    EXPECT_EQ(alarms[0].what, RolloutAlarm::What::drift);
    EXPECT_EQ(alarms[0].gate, "happy");
    EXPECT_FALSE(alarms[0].rolled_back);
    EXPECT_EQ(store.drift("calm")[0].state, DriftState::drifted);
    EXPECT_EQ(store.drift("calm")[0].answers, 240U) << "what one process counted the other sees";
    EXPECT_TRUE(store.count(projected(1, 10, 0.61)).empty()) << "told once";
    EXPECT_EQ(store.show("calm").state, RolloutState::running);
    EXPECT_EQ(audited().back(), "rollout.drift gates calm");
}

TEST_F(RolloutStoreTest, answers_of_a_stage_that_is_over_are_no_drift) {
    run(plan_json("calm"), 1);
    EXPECT_TRUE(store.count(projected(0, 60, 0.3)).empty());
    EXPECT_EQ(store.drift("calm")[0].reference_answers, 0U);
}

}  // namespace
}  // namespace contrans
