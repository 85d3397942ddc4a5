#include "contrans/rollout/gate_reading.h"

#include <map>

#include "gtest/gtest.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using testing::plan_json;
using testing::plan_of;

constexpr std::size_t kSplit = 1;  // of the plan's stages

/// So many users with so many ones of each arm.
ArmTallies tallies(std::size_t treatment, double treatment_sum, std::size_t control, double control_sum) {
    return {{treatment, treatment_sum}, {control, control_sum}};
}

std::map<std::string, GateReading> read(const RolloutPlan& plan, std::size_t stage,
                                        const std::map<std::string, ArmTallies>& counted) {
    std::map<std::string, GateReading> readings;
    for (GateReading& reading : read_gates(plan, stage, [&](const std::string& gate) {
             const auto found = counted.find(gate);
             return found == counted.end() ? ArmTallies{} : found->second;
         })) {
        readings.emplace(reading.name, reading);
    }
    return readings;
}

TEST(GateReading, a_gate_without_data_has_not_passed) {
    const auto readings = read(plan_of(plan_json()), kSplit, {});
    ASSERT_EQ(readings.size(), 4U);
    for (const auto& [name, reading] : readings) EXPECT_EQ(reading.state, GateState::no_data) << name;
    EXPECT_NE(first_not_passed({readings.at("refusal")}), "");
    // One arm alone is no comparison.
    EXPECT_EQ(read(plan_of(plan_json()), kSplit, {{"refusal", tallies(50, 0, 0, 0)}}).at("refusal").state,
              GateState::no_data);
}

TEST(GateReading, waits_for_the_users_that_the_plan_asks_for) {
    const RolloutPlan plan = plan_of(plan_json());
    EXPECT_EQ(read(plan, kSplit, {{"refusal", tallies(2, 0, 40, 0)}}).at("refusal").state, GateState::waiting);
    EXPECT_EQ(read(plan, kSplit, {{"refusal", tallies(3, 0, 40, 0)}}).at("refusal").state, GateState::passed);
}

TEST(GateReading, fails_where_the_treatment_is_shown_to_be_worse) {
    const RolloutPlan plan = plan_of(plan_json());
    const auto worse = read(plan, kSplit, {{"refusal", tallies(100, 60, 300, 30)}}).at("refusal");
    EXPECT_EQ(worse.state, GateState::failed);
    EXPECT_GT(worse.low, 0.02);
    EXPECT_LT(worse.high, 0.8);
    EXPECT_EQ(first_failed({worse}), "refusal");
    EXPECT_EQ(read(plan, kSplit, {{"refusal", tallies(100, 10, 300, 180)}}).at("refusal").state, GateState::passed)
        << "better is not worse";
}

TEST(GateReading, a_limit_needs_no_control) {
    const RolloutPlan plan = plan_of(plan_json());
    const std::string gate = "error, at most 0.2";
    EXPECT_EQ(read(plan, 0, {{gate, tallies(50, 2, 0, 0)}}).at(gate).state, GateState::passed);
    EXPECT_EQ(read(plan, 0, {{gate, tallies(50, 30, 0, 0)}}).at(gate).state, GateState::failed);
    EXPECT_EQ(read(plan, 0, {}).size(), 1U) << "a pilot has no control and no split";
}

TEST(GateReading, a_split_that_is_not_the_plans_fails) {
    const RolloutPlan plan = plan_of(plan_json());
    EXPECT_EQ(read(plan, kSplit, {{"assigned", tallies(250, 0, 750, 0)}}).at("sample_ratio").state, GateState::passed);
    EXPECT_EQ(read(plan, kSplit, {{"assigned", tallies(400, 0, 600, 0)}}).at("sample_ratio").state, GateState::failed);
    EXPECT_EQ(read(plan, kSplit, {{"assigned", tallies(100, 0, 900, 0)}}).at("sample_ratio").state, GateState::failed);
}

}  // namespace
}  // namespace contrans
