#include "contrans/rollout/rollout_plan.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using testing::plan_json;
using testing::plan_of;
using testing::throws_error;
using Json = nlohmann::ordered_json;

TEST(RolloutPlan, says_all_it_read_and_reads_it_again) {
    const RolloutPlan plan = plan_of(plan_json());
    EXPECT_EQ(plan.name, "polite-support");
    EXPECT_EQ(plan.seed, plan.name);
    ASSERT_EQ(plan.stages.size(), 3U);
    EXPECT_FALSE(plan.stages[0].splits());
    EXPECT_TRUE(plan.stages[1].splits());
    EXPECT_DOUBLE_EQ(plan.stages[1].share, 0.25);
    EXPECT_FALSE(plan.stages[2].splits());
    EXPECT_EQ(stage_name(plan.stages[0]), "pilot of anna");
    EXPECT_EQ(stage_name(plan.stages[1]), "25 %");
    EXPECT_EQ(gate_name(plan.gates[0]), "error, at most 0.2");
    EXPECT_EQ(parse_rollout_plan(rollout_plan_text(plan), "again"), plan);
    EXPECT_EQ(rollout_plan_text(parse_rollout_plan(rollout_plan_text(plan), "again")), rollout_plan_text(plan));
}

TEST(RolloutPlan, odd_shares_come_back_as_they_were) {
    for (const double percent : {0.001, 0.1, 1.0, 7.0, 14.3, 29.0, 33.333, 57.0, 99.999}) {
        Json json = plan_json();
        json["stages"] = Json::array({{{"percent", percent}}});
        const RolloutPlan plan = plan_of(json);
        EXPECT_EQ(parse_rollout_plan(rollout_plan_text(plan), "again"), plan) << percent;
    }
}

TEST(RolloutPlan, spends_alpha_over_every_gate_of_every_stage) {
    // Pilot: error. 25 %: error, refusal, thumbs and the split. 100 %: error.
    EXPECT_DOUBLE_EQ(alpha_of_each_test(plan_of(plan_json())), 0.05 / 6);
}

TEST(RolloutPlan, gates_against_the_control_apply_where_there_is_one) {
    const RolloutPlan plan = plan_of(plan_json());
    EXPECT_TRUE(applies(plan.gates[0], plan.stages[0]));
    EXPECT_FALSE(applies(plan.gates[1], plan.stages[0]));
    EXPECT_TRUE(applies(plan.gates[1], plan.stages[1]));
    EXPECT_FALSE(applies(plan.gates[1], plan.stages[2]));
}

TEST(RolloutPlan, concepts_that_guard_need_a_second_person) {
    Json json = plan_json();
    EXPECT_EQ(approvals_needed(plan_of(json)), 0U);
    json["treatment"][0]["concept"] = "refusal";
    EXPECT_EQ(approvals_needed(plan_of(json)), 1U);
    json["approvals"] = 3;
    EXPECT_EQ(approvals_needed(plan_of(json)), 3U);
    json["treatment"][0]["concept"] = "happy";
    json["control"] = Json::array({{{"concept", "truthfulness"}, {"dose", 1}}});
    json["approvals"] = 0;
    EXPECT_EQ(approvals_needed(plan_of(json)), 1U) << "taking one away is a step too";
}

TEST(RolloutPlan, overlaps_where_a_key_could_be_in_both) {
    Json a = plan_json(), b = plan_json();
    EXPECT_TRUE(overlap(plan_of(a), plan_of(b)));
    a["keys"] = {"anna", "bob"};
    EXPECT_TRUE(overlap(plan_of(a), plan_of(b)));
    b["keys"] = {"carl"};
    EXPECT_FALSE(overlap(plan_of(a), plan_of(b)));
    b["keys"] = {"carl", "bob"};
    EXPECT_TRUE(overlap(plan_of(a), plan_of(b)));
}

struct BadPlan {
    const char* name;
    const char* path;   ///< where a value is put
    const char* value;  ///< JSON; empty: taken away
    const char* said;   ///< a part of the message
};

class BadPlans : public ::testing::TestWithParam<BadPlan> {};

TEST_P(BadPlans, are_refused_by_name) {
    const BadPlan& bad = GetParam();
    Json json = plan_json();
    const Json::json_pointer at(bad.path);
    if (std::string(bad.value).empty()) {
        json.erase(std::string(bad.path).substr(1));
    } else {
        json[at] = Json::parse(bad.value);
    }
    EXPECT_TRUE(throws_error(ErrorKind::format, {"plan.json", bad.said}, [&] { (void)plan_of(json); }));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPlans,
    ::testing::Values(
        BadPlan{"version", "/rollout", "2", "\"rollout\""}, BadPlan{"no_version", "/rollout", "", "\"rollout\""},
        BadPlan{"unknown_key", "/gate", "[]", "\"gate\" is not known"}, BadPlan{"no_name", "/name", "\"\"", "\"name\""},
        BadPlan{"name_with_space", "/name", "\"a b\"", "\"name\""},
        BadPlan{"name_markup", "/name", "\"<b>\\u0001\"", "\"name\""},
        BadPlan{"no_treatment", "/treatment", "[]", "\"treatment\""},
        BadPlan{"treatment_no_list", "/treatment", "7", "\"treatment\""},
        BadPlan{"persona_missing", "/treatment", "{}", "treatment: key \"persona\""},
        BadPlan{"persona_dose", "/treatment", "{\"persona\":\"a@2\",\"dose\":1}", "\"dose\" is not known"},
        BadPlan{"persona_tag", "/treatment", "{\"persona\":\"a@live\"}", "\"persona\""},
        BadPlan{"persona_zero", "/treatment", "{\"persona\":\"a@0\"}", "\"persona\""},
        BadPlan{"persona_no_number", "/treatment", "{\"persona\":\"a@\"}", "\"persona\""},
        BadPlan{"persona_markup", "/treatment", "{\"persona\":\"<b>\"}", "\"persona\""},
        BadPlan{"persona_beside_nothing", "/control_persona", "\"a@2\"", "\"control_persona\""},
        BadPlan{"persona_beside_no_version", "/treatment_persona", "\"a\"", "\"treatment_persona\""},
        BadPlan{"dose_missing", "/treatment/0", "{\"concept\": \"a\"}", "\"dose\""},
        BadPlan{"dose_no_number", "/treatment/0/dose", "\"much\"", "\"dose\""},
        BadPlan{"version_negative", "/treatment/0/version", "-1", "\"version\""},
        BadPlan{"version_huge", "/treatment/0/version", "18446744073709551615", "\"version\""},
        BadPlan{"twice", "/treatment", "[{\"concept\":\"a\",\"dose\":1},{\"concept\":\"a\",\"dose\":2}]", "twice"},
        BadPlan{"control_same", "/control", "[{\"concept\":\"happy\",\"dose\":0.5}]", "\"control\""},
        BadPlan{"no_stages", "/stages", "[]", "\"stages\""}, BadPlan{"stages_missing", "/stages", "", "\"stages\""},
        BadPlan{"stages_fall", "/stages", "[{\"percent\":50},{\"percent\":25}]", "rising"},
        BadPlan{"stages_same", "/stages", "[{\"percent\":50},{\"percent\":50}]", "rising"},
        BadPlan{"stages_written_same", "/stages", "[{\"percent\":50},{\"percent\":50.00000001}]", "rising"},
        BadPlan{"pilot_late", "/stages", "[{\"percent\":50},{\"pilot\":[\"a\"]}]", "pilots first"},
        BadPlan{"stage_both", "/stages/0", "{\"percent\":50,\"pilot\":[\"a\"]}", "not both"},
        BadPlan{"stage_neither", "/stages/0", "{}", "not both"},
        BadPlan{"percent_zero", "/stages/1/percent", "0", "\"percent\""},
        BadPlan{"percent_over", "/stages/2/percent", "101", "\"percent\""},
        BadPlan{"pilot_empty", "/stages/0/pilot", "[]", "\"pilot\""},
        BadPlan{"gate_unknown", "/gates/0/metric", "\"errors\"", "\"errors\""},
        BadPlan{"gate_both", "/gates/0/margin", "0.1", "not both"},
        BadPlan{"gate_neither", "/gates/0", "{\"metric\":\"error\"}", "not both"},
        BadPlan{"gate_no_seconds", "/gates/0", "{\"metric\":\"slow\",\"most\":0.1}", "\"seconds\""},
        BadPlan{"gate_seconds", "/gates/0/seconds", "3", "\"seconds\""},
        BadPlan{"gate_margin", "/gates/1/margin", "1", "\"margin\""},
        BadPlan{"gate_twice", "/gates/2", "{\"metric\":\"refusal\",\"margin\":0.1}", "twice"},
        BadPlan{"gate_without_control", "/stages", "[{\"percent\":100}]", "\"most\""},
        BadPlan{"least_zero", "/least_users", "0", "\"least_users\""},
        BadPlan{"alpha_zero", "/alpha", "0", "\"alpha\""}, BadPlan{"alpha_one", "/alpha", "1", "\"alpha\""},
        BadPlan{"promote_word", "/promote", "\"always\"", "by_hand or when_passed"},
        BadPlan{"alarm_word", "/on_alarm", "\"ignore\"", "roll_back or tell"},
        BadPlan{"running_word", "/running_answers", "\"kill\"", "unsteered or end"},
        BadPlan{"approvals_many", "/approvals", "11", "\"approvals\""},
        BadPlan{"approvals_negative", "/approvals", "-1", "\"approvals\""},
        BadPlan{"keys_numbers", "/keys", "[1]", "\"keys\""}),
    [](const auto& tested) { return tested.param.name; });

TEST(RolloutPlan, promotes_itself_only_past_gates_and_without_approvals) {
    Json json = plan_json();
    json["promote"] = "when_passed";
    EXPECT_EQ(plan_of(json).promotion, Promotion::when_passed);
    json["approvals"] = 1;
    EXPECT_TRUE(throws_error(ErrorKind::format, {"promote", "approval"}, [&] { (void)plan_of(json); }));
    json["approvals"] = 0;
    json["gates"] = Json::array();
    EXPECT_TRUE(throws_error(ErrorKind::format, {"promote", "gate"}, [&] { (void)plan_of(json); }));
}

TEST(RolloutPlan, of_personas_is_read_before_and_after_they_are_filled_in) {
    Json json = plan_json();
    json["treatment"] = {{"persona", "warm-support"}};
    json["control"] = {{"persona", "warm-support@1"}};
    RolloutPlan plan = plan_of(json);
    EXPECT_EQ(plan.treatment_persona, "warm-support");
    EXPECT_TRUE(plan.treatment.empty());
    EXPECT_EQ(parse_rollout_plan(rollout_plan_text(plan), "again"), plan);
    plan.treatment_persona = "warm-support@2";
    plan.treatment = {{"happy", 0.5, 0}};
    EXPECT_EQ(parse_rollout_plan(rollout_plan_text(plan), "again"), plan);
    json["control"] = json["treatment"];
    EXPECT_TRUE(throws_error(ErrorKind::format, {"\"control\""}, [&] { (void)plan_of(json); }));
    json["treatment_persona"] = "warm-support@2";
    EXPECT_TRUE(throws_error(ErrorKind::format, {"\"treatment_persona\""}, [&] { (void)plan_of(json); }));
    EXPECT_EQ(rollout_plan_text(plan_of(plan_json())).find("persona"), std::string::npos) << "as before there were any";
}

TEST(RolloutPlan, what_is_no_plan_is_refused) {
    for (const char* text : {"", "{", "[]", "7", "null", "{\"rollout\": 1}", "{\"rollout\": \"1\"}", "\xff"}) {
        EXPECT_TRUE(throws_error(ErrorKind::format, {"plan.json"}, [&] {
            (void)parse_rollout_plan(text, "plan.json");
        })) << text;
    }
}

}  // namespace
}  // namespace contrans
