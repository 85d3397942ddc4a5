// `contrans persona` as a program, and what becomes of personas in `contrans rollout` and `contrans registry`.
#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/expect_result.h"
#include "tests/cli/workbench.h"
#include "tests/registry/persona_file.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::expect_done;
using testing::expect_refused;
using testing::persona_json;
using testing::ProgramResult;
using testing::Workbench;

ProgramResult persona(const Workbench& bench, const std::string& arguments, const std::string& actor = "anna") {
    return bench.run("--quiet persona --registry shared --actor " + actor + " " + arguments);
}

void write_persona(const Workbench& bench, double dose = 0.3) {
    auto warm = persona_json();
    warm["concepts"][0]["dose"] = dose;
    testing::write_bytes(bench / "warm.json", warm.dump());
}

TEST(PersonaProgram, checks_saves_lists_shows_and_removes) {
    const Workbench bench;
    write_persona(bench);
    const ProgramResult checked = persona(bench, "save --check warm.json");
    expect_done(checked);
    EXPECT_NE(checked.out.find("happy"), std::string::npos) << checked.out;
    EXPECT_EQ(json::parse(persona(bench, "save --check warm.json --json").out), json::parse(persona_json().dump()));
    EXPECT_FALSE(std::filesystem::exists(bench / "shared"));
    const ProgramResult saved = persona(bench, "save warm.json");
    expect_done(saved);
    EXPECT_NE(saved.out.find("warm-support@1 saved"), std::string::npos) << saved.out;
    write_persona(bench, 0.4);
    EXPECT_EQ(json::parse(persona(bench, "save warm.json --json", "bob").out)["version"], 2);
    const json list = json::parse(persona(bench, "list --json").out)["personas"];
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[1]["owner"], "anna");
    EXPECT_EQ(list[1]["author"], "bob");
    EXPECT_NE(persona(bench, "list").out.find("happy 0.4, polite 0.2"), std::string::npos);
    EXPECT_EQ(json::parse(persona(bench, "show warm-support --json").out)["concepts"][0]["dose"], 0.4);
    EXPECT_EQ(json::parse(persona(bench, "show Warm-Support@1 --json").out)["concepts"][0]["dose"], 0.3);
    EXPECT_NE(persona(bench, "show warm-support").out.find("at dose 0.4"), std::string::npos);
    EXPECT_EQ(json::parse(persona(bench, "remove warm-support@1 --json").out)["removed"], 1);
    expect_done(persona(bench, "remove warm-support"));
    EXPECT_EQ(persona(bench, "list").out, "no personas\n");
    const ProgramResult audit = bench.run("--quiet audit --registry shared list --action persona. --json");
    EXPECT_EQ(json::parse(audit.out)["records"].size(), 4U) << audit.out;
}

TEST(PersonaProgram, refuses_bad_input_in_one_line) {
    const Workbench bench;
    expect_refused(persona(bench, ""), 2, "subcommand");
    expect_refused(persona(bench, "list"), 3, "there is no registry");
    expect_refused(persona(bench, "save nowhere.json"), 3, "nowhere.json");
    expect_refused(persona(bench, "save vector.gguf"), 3, "vector.gguf");
    auto bad = persona_json();
    bad["concepts"][1]["doze"] = 1;
    testing::write_bytes(bench / "bad.json", bad.dump());
    expect_refused(persona(bench, "save bad.json"), 3, "concepts[1]: key \"doze\" is not known here");
    expect_refused(persona(bench, "save --check bad.json"), 3, "\"doze\"");
    EXPECT_FALSE(std::filesystem::exists(bench / "shared")) << "a bad persona makes no registry";
    write_persona(bench);
    expect_done(persona(bench, "save warm.json --owner team"));
    expect_refused(persona(bench, "save warm.json"), 2, "same already");
    write_persona(bench, 0.4);
    expect_refused(persona(bench, "save warm.json --owner other"), 2, "belongs to");
    expect_refused(persona(bench, "show cold"), 2, "there is no");
    expect_refused(persona(bench, "show warm-support@live"), 2, "no tags");
    expect_refused(persona(bench, "remove warm-support@9"), 2, "warm-support@9");
}

TEST(PersonaProgram, goes_along_with_registries) {
    const Workbench bench;
    write_persona(bench);
    expect_done(persona(bench, "save warm.json"));
    const std::string registry = "--quiet registry --registry shared --actor anna ";
    expect_done(bench.run(registry + "export --persona warm-support@1 --out one.tar"));
    const ProgramResult imported = bench.run("--json registry import one.tar --registry other --actor bob");
    EXPECT_EQ(imported.exit_code, 0) << imported.error;
    EXPECT_EQ(json::parse(imported.out)["personas"][0]["name"], "warm-support");
    EXPECT_NE(bench.run("--quiet persona list --registry other").out.find("warm-support@1"), std::string::npos);
    expect_refused(bench.run(registry + "export --persona cold --out two.tar"), 2, "cold");
    expect_done(bench.run(registry + "backup copy"));
    EXPECT_EQ(bench.run("--quiet registry check --registry copy").exit_code, 0);
}

TEST(PersonaProgram, is_planned_as_one_version) {
    const Workbench bench;
    auto plan = testing::plan_json("calm");
    plan["treatment"] = {{"persona", "warm-support"}};
    testing::write_bytes(bench / "plan.json", plan.dump());
    const std::string rollout = "--quiet rollout --registry shared --actor anna ";
    const ProgramResult checked = bench.run(rollout + "plan plan.json --check");
    expect_done(checked);
    EXPECT_NE(checked.out.find("persona warm-support, its newest version when the plan is kept"), std::string::npos)
        << checked.out;
    write_persona(bench);
    expect_done(persona(bench, "save warm.json"));
    const ProgramResult planned = bench.run(rollout + "plan plan.json");
    expect_done(planned);
    EXPECT_NE(planned.out.find("polite at dose 0.2 (persona warm-support@1)"), std::string::npos) << planned.out;
    EXPECT_EQ(json::parse(bench.run(rollout + "status calm --json").out)["plan"]["treatment_persona"],
              "warm-support@1");
    plan["treatment"] = {{"persona", "cold"}};
    testing::write_bytes(bench / "plan.json", plan.dump());
    expect_refused(bench.run(rollout + "plan plan.json"), 2, "there is no persona");
}

}  // namespace
}  // namespace contrans
