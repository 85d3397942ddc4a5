// `contrans rollout` as a program: steps, what it prints, and what it says to bad input.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/expect_result.h"
#include "tests/cli/workbench.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::expect_done;
using testing::expect_refused;
using testing::plan_json;
using testing::ProgramResult;
using testing::Workbench;

ProgramResult rollout(const Workbench& bench, const std::string& arguments, const std::string& actor = "anna") {
    return bench.run("--quiet rollout --registry shared --actor " + actor + " " + arguments);
}

void write_plan(const Workbench& bench, const nlohmann::ordered_json& plan) {
    testing::write_bytes(bench / "plan.json", plan.dump());
}

TEST(RolloutProgram, plans_starts_shows_and_rolls_back) {
    const Workbench bench;
    write_plan(bench, plan_json("calm"));
    const ProgramResult checked = rollout(bench, "plan plan.json --check");
    expect_done(checked);
    EXPECT_NE(checked.out.find("pilot of anna, then 25 %, then 100 %"), std::string::npos) << checked.out;
    EXPECT_FALSE(std::filesystem::exists(bench / "shared"));
    const ProgramResult planned = rollout(bench, "plan plan.json");
    expect_done(planned);
    EXPECT_NE(planned.out.find("contrans rollout start calm"), std::string::npos) << planned.out;
    expect_done(rollout(bench, "start calm"));
    const json status = json::parse(rollout(bench, "status calm --json").out);
    EXPECT_EQ(status["state"], "running");
    EXPECT_EQ(status["stage"], 1);
    EXPECT_EQ(status["gates"][0]["state"], "no_data");
    EXPECT_NE(rollout(bench, "status calm").out.find("no_data"), std::string::npos);
    EXPECT_NE(rollout(bench, "status").out.find("pilot of anna"), std::string::npos);
    expect_done(rollout(bench, "rollback calm --reason enough", "bob"));
    EXPECT_EQ(json::parse(rollout(bench, "status --json").out)["rollouts"][0]["reason"], "enough");
    const ProgramResult audit = bench.run("--quiet audit --registry shared list --action rollout. --json");
    EXPECT_EQ(json::parse(audit.out)["records"].size(), 3U) << audit.out;
}

TEST(RolloutProgram, cuts_what_is_old) {
    const Workbench bench;
    write_plan(bench, plan_json("calm"));
    expect_done(rollout(bench, "plan plan.json"));
    EXPECT_EQ(json::parse(rollout(bench, "cut --before 2026-01-31 --json").out)["answers"], 0);
    expect_refused(rollout(bench, "cut --before yesterday"), 2,
                   "--before: a time is 2026-01-31 or 2026-01-31T12:34:56Z, got \"yesterday\"");
}

TEST(RolloutProgram, one_switch_ends_all_that_run) {
    const Workbench bench;
    for (const std::string name : {"a", "b"}) {
        auto plan = plan_json(name);
        plan["keys"] = {name};
        write_plan(bench, plan);
        expect_done(rollout(bench, "plan plan.json"));
        expect_done(rollout(bench, "start " + name));
    }
    EXPECT_EQ(json::parse(rollout(bench, "rollback --all --json").out)["rolled_back"], (json{"a", "b"}));
    EXPECT_EQ(json::parse(rollout(bench, "rollback --all --json").out)["rolled_back"].size(), 0U);
}

TEST(RolloutProgram, needs_a_second_person_where_the_plan_says_so) {
    const Workbench bench;
    auto plan = plan_json("safe");
    plan["treatment"][0]["concept"] = "refusal";
    write_plan(bench, plan);
    const ProgramResult planned = rollout(bench, "plan plan.json");
    EXPECT_NE(planned.out.find("contrans rollout approve safe"), std::string::npos) << planned.out;
    expect_refused(rollout(bench, "start safe"), 2, "approval");
    expect_refused(rollout(bench, "approve safe"), 2, "somebody else");
    expect_done(rollout(bench, "approve safe", "bob"));
    expect_done(rollout(bench, "start safe"));
}

TEST(RolloutProgram, refuses_bad_input_in_one_line) {
    const Workbench bench;
    expect_refused(rollout(bench, "status"), 3, "there is no registry");
    expect_refused(rollout(bench, "plan nowhere.json"), 3, "nowhere.json");
    expect_refused(rollout(bench, "plan vector.gguf"), 3, "vector.gguf");
    auto bad = plan_json("calm");
    bad["gates"][0]["metric"] = "errors";
    write_plan(bench, bad);
    expect_refused(rollout(bench, "plan plan.json"), 3, "\"errors\"");
    EXPECT_FALSE(std::filesystem::exists(bench / "shared")) << "a bad plan makes no registry";
    write_plan(bench, plan_json("calm"));
    expect_done(rollout(bench, "plan plan.json"));
    expect_refused(rollout(bench, ""), 2, "subcommand");
    expect_refused(rollout(bench, "start nobody"), 2, "nobody");
    expect_refused(rollout(bench, "promote calm"), 2, "planned");
    expect_refused(rollout(bench, "rollback"), 2, "--all");
    expect_refused(rollout(bench, "rollback calm --all"), 2, "--all");
    expect_refused(rollout(bench, "rollback calm"), 2, "planned");
    expect_done(rollout(bench, "start calm"));
    expect_refused(rollout(bench, "promote calm"), 2, "no_data");
    expect_refused(rollout(bench, "plan plan.json"), 2, "another name");
}

}  // namespace
}  // namespace contrans
