// `contrans registry` and `contrans audit` as programs: what they print, and what they say to bad input.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/expect_result.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::expect_done;
using testing::expect_refused;
using testing::ProgramResult;
using testing::Workbench;

ProgramResult registry(const Workbench& bench, const std::string& arguments) {
    return bench.run("--quiet registry --registry shared --actor anna " + arguments);
}
ProgramResult audit(const Workbench& bench, const std::string& arguments) {
    return bench.run("--quiet audit --registry shared --actor anna " + arguments);
}

TEST(RegistryProgram, adds_lists_shows_tags_exports_imports_backs_up_and_removes) {
    const Workbench bench;
    const ProgramResult added =
        registry(bench, "add happy vector.gguf vector.controls.gguf concept.gguf map.gguf --note 'the first' --json");
    expect_done(added);
    const json version = json::parse(added.out);
    EXPECT_EQ(version["version"], 1);
    EXPECT_EQ(version["owner"], "anna");
    ASSERT_EQ(version["files"].size(), 4U);
    EXPECT_EQ(version["files"][0]["kind"], "vector");
    EXPECT_EQ(version["files"][0]["target"]["name"], "Tiny target");
    EXPECT_EQ(version["files"][1]["kind"], "controls");
    EXPECT_EQ(version["files"][2]["kind"], "concept");
    EXPECT_EQ(version["files"][3]["kind"], "map");
    expect_done(registry(bench, "tag happy@1 production"));
    EXPECT_NE(registry(bench, "list").out.find("happy@1"), std::string::npos);
    EXPECT_NE(registry(bench, "show happy@production").out.find("the first"), std::string::npos);
    expect_done(registry(bench, "export --out all.tar"));
    const ProgramResult imported = bench.run("--json registry import all.tar --registry other --actor bob");
    EXPECT_EQ(imported.exit_code, 0) << imported.error;
    EXPECT_EQ(json::parse(imported.out)["versions"].size(), 1U);
    expect_done(registry(bench, "backup copy"));
    EXPECT_EQ(bench.run("registry check --registry copy").exit_code, 0);
    expect_done(registry(bench, "tag happy production --remove"));
    expect_done(registry(bench, "remove happy"));
    EXPECT_EQ(json::parse(registry(bench, "list --json").out)["versions"].size(), 0U);

    const json records = json::parse(audit(bench, "list --json").out)["records"];
    ASSERT_EQ(records.size(), 4U);
    EXPECT_EQ(records[0]["action"], "registry.add");
    EXPECT_EQ(records[0]["actor"], "anna");
    EXPECT_EQ(records[3]["action"], "registry.remove");
}

TEST(RegistryProgram, audit_verifies_exports_and_cuts) {
    const Workbench bench;
    expect_done(registry(bench, "add happy vector.gguf"));
    expect_done(registry(bench, "tag happy production"));
    const json verified = json::parse(audit(bench, "verify --json").out);
    EXPECT_EQ(verified["holds"], true);
    EXPECT_EQ(verified["records"], 2);
    const std::string end = verified["end"];
    expect_done(audit(bench, "export --format csv --out all.csv"));
    EXPECT_NE(testing::read_bytes(bench / "all.csv").find("\"registry.tag\""), std::string::npos);
    expect_done(audit(bench, "cut --before 2999-01-01 --out old.jsonl"));
    expect_done(audit(bench, "verify old.jsonl"));
    expect_done(audit(bench, "verify --kept " + end));
    EXPECT_EQ(audit(bench, "verify --kept 2:" + std::string(64, '0')).exit_code, 6);
    std::string line = testing::read_bytes(bench / "old.jsonl");
    const std::size_t actor = line.find("anna");
    ASSERT_NE(actor, std::string::npos);
    line.replace(actor, 4, "bob");
    testing::write_bytes(bench / "edited.jsonl", line);
    const ProgramResult edited = audit(bench, "verify edited.jsonl");
    EXPECT_EQ(edited.exit_code, 6);
    EXPECT_NE(edited.out.find("record 1 is not what was written"), std::string::npos) << edited.out;
}

TEST(RegistryProgram, takes_its_folder_from_the_environment) {
    const Workbench bench;
    const testing::ChangedVariable folder("CONTRANS_REGISTRY", (bench / "mine").string());
    EXPECT_EQ(bench.run("registry add happy vector.gguf").exit_code, 0);
    EXPECT_TRUE(std::filesystem::exists(bench / "mine/registry.db"));
}

TEST(RegistryProgram, refuses_bad_input_in_one_line) {
    const Workbench bench;
    expect_refused(registry(bench, "list"), 3, "there is no registry");
    EXPECT_FALSE(std::filesystem::exists(bench / "shared"));
    expect_refused(registry(bench, "import words.gguf"), 3, "words.gguf");
    EXPECT_FALSE(std::filesystem::exists(bench / "shared")) << "a bad file makes no registry";
    expect_done(registry(bench, "add happy vector.gguf"));
    expect_refused(registry(bench, ""), 2, "subcommand");
    expect_refused(registry(bench, "add happy vector.gguf"), 2, "same files");
    expect_refused(registry(bench, "add Happy second.gguf"), 2, "capitals");
    expect_refused(registry(bench, "add happy second.gguf --owner bob"), 2, "belongs to");
    expect_refused(registry(bench, "add 'a name' second.gguf"), 2, "letters");
    expect_refused(registry(bench, "add glad nowhere.gguf"), 3, "nowhere.gguf");
    expect_refused(registry(bench, "add glad source.gguf"), 3, "source.gguf");
    expect_refused(registry(bench, "add glad cut_vector.gguf"), 3, "cut_vector.gguf");
    expect_refused(registry(bench, "show sad"), 2, "sad");
    expect_refused(registry(bench, "show happy@9"), 2, "happy@9");
    expect_refused(registry(bench, "tag happy 9"), 2, "no number");
    expect_refused(registry(bench, "remove happy@gone"), 2, "gone");
    expect_refused(registry(bench, "export --out nowhere/all.tar"), 3, "nowhere/all.tar");
    expect_refused(registry(bench, "backup shared"), 2, "shared");
    expect_refused(audit(bench, "list --from yesterday"), 2, "yesterday");
    expect_refused(audit(bench, "verify --kept 7"), 2, "PLACE:HASH");
    expect_refused(audit(bench, "verify vector.gguf"), 3, "vector.gguf");
    expect_refused(audit(bench, "cut --before 1999-01-01 --out old.jsonl"), 2, "no record");
    expect_refused(audit(bench, "export --format xml --out all.xml"), 2, "xml");
    testing::write_bytes(bench / "shared/registry.db", "This is no database, whatever its name says.\n");
    expect_refused(registry(bench, "list"), 3, "registry.db");
}

}  // namespace
}  // namespace contrans
