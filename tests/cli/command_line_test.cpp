// Help, version, global options and what goes to which stream.
#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using testing::ProgramResult;
using testing::Workbench;

class Help : public ::testing::TestWithParam<const char*> {};

TEST_P(Help, has_an_example_and_ends_well) {
    const Workbench bench;
    const ProgramResult result = bench.run(std::string(GetParam()) + " --help");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.error, "");
    EXPECT_NE(result.out.find(std::string("Example:\n  contrans ") + GetParam()), std::string::npos) << result.out;
}

INSTANTIATE_TEST_SUITE_P(Commands, Help,
                         ::testing::Values("refine", "map", "transplant", "twin", "evaluate", "report", "study",
                                           "generate", "inspect", "explain", "conflicts", "average", "compose"),
                         [](const auto& row) { return std::string(row.param); });

TEST(CommandLine, help_names_all_commands_and_exit_codes) {
    const ProgramResult result = Workbench().run("--help");
    EXPECT_EQ(result.exit_code, 0);
    for (const char* part : {"refine", "transplant", "inspect", "--gpu-layers", "Exit codes", "130"}) {
        EXPECT_NE(result.out.find(part), std::string::npos) << part;
    }
}

TEST(CommandLine, version_names_llama_cpp_too) {
    const ProgramResult result = Workbench().run("--version");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(result.out.starts_with("contrans ")) << result.out;
    EXPECT_NE(result.out.find("\nllama.cpp "), std::string::npos) << result.out;
}

TEST(CommandLine, takes_global_options_before_and_after_the_command) {
    const Workbench bench;
    const ProgramResult before = bench.run("--json --seed 5 inspect vector.gguf");
    const ProgramResult after = bench.run("inspect vector.gguf --seed 5 --json");
    EXPECT_EQ(before.exit_code, 0) << before.error;
    EXPECT_EQ(before.out, after.out);
    EXPECT_TRUE(nlohmann::json::parse(before.out).is_object());
}

TEST(CommandLine, cost_says_what_a_command_took) {
    const Workbench bench;
    const auto cost_of = [&](const std::string& command) {
        const ProgramResult result = bench.run(command + " --quiet --cost cost.json");
        EXPECT_EQ(result.exit_code, 0) << result.error;
        return nlohmann::json::parse(testing::read_bytes(bench / "cost.json"));
    };
    const nlohmann::json looking = cost_of("inspect vector.gguf");
    EXPECT_EQ(looking.at("tokens"), 0);
    const nlohmann::json reading =
        cost_of("refine --model source.gguf --pairs pairs.jsonl --no-response --out new.gguf");
    EXPECT_GT(reading.at("tokens"), 12 * 2) << "of 12 texts";
    EXPECT_GT(reading.at("seconds"), 0);
    EXPECT_GT(reading.at("processor_seconds"), 0);
    EXPECT_GT(reading.at("peak_bytes"), 1'000'000);
    const ProgramResult nowhere = bench.run("inspect vector.gguf --cost nowhere/cost.json");
    EXPECT_EQ(nowhere.exit_code, 3);
    EXPECT_EQ(nowhere.out, "") << "before anything is done";
    EXPECT_NE(nowhere.error.find("nowhere"), std::string::npos);
}

TEST(CommandLine, quiet_leaves_stderr_empty_and_without_it_progress_goes_there) {
    const Workbench bench;
    const std::string refine = "refine --model source.gguf --pairs pairs.jsonl --out new.gguf --json";
    const ProgramResult quiet = bench.run(refine + " --quiet");
    EXPECT_EQ(quiet.exit_code, 0) << quiet.error;
    EXPECT_EQ(quiet.error, "");
    const ProgramResult loud = bench.run(refine);
    EXPECT_NE(loud.error.find("read Tiny source: 12 texts in 0:"), std::string::npos) << loud.error;
    EXPECT_TRUE(nlohmann::json::parse(loud.out).is_object());
}

}  // namespace
}  // namespace contrans
