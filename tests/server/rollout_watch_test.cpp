// What a server tells of rollouts as it sees them change.
#include "apps/server/rollout_watch.h"

#include "gtest/gtest.h"
#include "tests/rollout/plan_text.h"

namespace contrans::server {
namespace {

using contrans::testing::plan_json;
using contrans::testing::plan_of;

class RolloutWatchTest : public ::testing::Test {
protected:
    static RolloutStatus status(std::size_t stage, RolloutState state = RolloutState::running) {
        RolloutStatus status;
        status.plan = plan_of(plan_json("calm"));
        status.state = state;
        status.stage = stage;
        status.changed = 7;
        status.changed_by = "bob";
        return status;
    }
    [[nodiscard]] std::vector<std::string> told() {
        std::vector<std::string> lines;
        for (const Alert& each : alerts_) lines.push_back(std::string(to_string(each.event)) + ": " + each.text);
        alerts_.clear();
        return lines;
    }

    std::vector<Alert> alerts_;
    RolloutWatch watch_{[this](const Alert& alert) { alerts_.push_back(alert); }};
};

using Told = std::vector<std::string>;

TEST_F(RolloutWatchTest, steps_are_told_once_with_who_made_them) {
    for (int looks = 0; looks < 3; ++looks) watch_.see(status(0), "");
    EXPECT_EQ(told(), Told{});
    for (int looks = 0; looks < 3; ++looks) watch_.see(status(1), "");
    EXPECT_EQ(alerts_.at(0).at, 7);
    EXPECT_EQ(told(), Told{"promoted: calm was promoted to 25 % by bob"});
    EXPECT_EQ(watch_.running(), Told{"calm"});
    RolloutStatus ended = status(1, RolloutState::rolled_back);
    ended.reason = "complaints";
    for (int looks = 0; looks < 3; ++looks) watch_.see_end(ended);
    EXPECT_EQ(told(), Told{"rolled_back: calm was rolled back by bob: complaints"});
    EXPECT_EQ(watch_.running(), Told{});
    EXPECT_EQ(watch_.sights().at(0).state, RolloutState::rolled_back);
}

TEST_F(RolloutWatchTest, one_that_is_not_served_is_told_until_it_is_and_again_when_it_is_not) {
    watch_.see(status(0), "no vector");
    watch_.see(status(0), "no vector");
    EXPECT_EQ(told(), Told{"not_served: calm is not served here: no vector"});
    watch_.see(status(0), "");
    EXPECT_EQ(told(), Told{});
    watch_.see(status(0), "no vector");
    EXPECT_EQ(told().size(), 1U);
}

TEST_F(RolloutWatchTest, a_registry_that_cannot_be_read_ends_no_rollout) {
    watch_.see(status(0), "");
    watch_.see_nothing();
    EXPECT_EQ(told().size(), 1U);
    EXPECT_FALSE(watch_.sights().at(0).trouble.empty());
    EXPECT_EQ(watch_.sights().at(0).state, RolloutState::running);
    watch_.see(status(1), "");
    EXPECT_EQ(told(), Told{"promoted: calm was promoted to 25 % by bob"}) << "what happened meanwhile";
    EXPECT_TRUE(watch_.sights().at(0).trouble.empty());
}

TEST_F(RolloutWatchTest, alarms_are_counted_by_gate) {
    watch_.see(status(1), "");
    watch_.see_alarm({"calm", "refusal", true});
    watch_.see_alarm({"calm", "happy", false, RolloutAlarm::What::drift});
    ASSERT_EQ(alerts_.size(), 2U);
    EXPECT_EQ(alerts_[0].event, AlertEvent::gate_failed);
    EXPECT_EQ(alerts_[0].gate, "refusal");
    EXPECT_EQ(alerts_[1].event, AlertEvent::drift);
    EXPECT_EQ(alerts_[1].gate, "happy");
    EXPECT_EQ(watch_.sights().at(0).alarms,
              (std::map<std::string, std::size_t>{{"drift of happy", 1}, {"refusal", 1}}));
}

}  // namespace
}  // namespace contrans::server
