// A full disk: exit 3, one line, and nothing left or lost.
#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using testing::ProgramResult;
using testing::ProgramSetup;
using testing::Workbench;

struct Writing {
    const char* name;
    const char* arguments;
    std::size_t limit;  // bytes, less than the first or the second file needs
};

void PrintTo(const Writing& writing, std::ostream* out) { *out << writing.name; }

class FullDisk : public ::testing::TestWithParam<Writing> {};

TEST_P(FullDisk, leaves_no_file) {
    const Workbench bench;
    const auto before = bench.files();
    ProgramSetup setup;
    setup.file_limit = GetParam().limit;
    const ProgramResult result = bench.run(std::string("--quiet ") + GetParam().arguments, setup);
    EXPECT_EQ(result.exit_code, 3) << result.error;
    EXPECT_TRUE(result.error.starts_with("contrans: ")) << result.error;
    EXPECT_EQ(bench.files(), before);
}

constexpr const char* kCarry =
    "transplant --concept concept.gguf --map map.gguf --target target.gguf --dose 0.3 --neutral neutral.txt --out "
    "new.gguf";

INSTANTIATE_TEST_SUITE_P(
    Commands, FullDisk,
    ::testing::Values(
        Writing{"refine", "refine --model source.gguf --pairs pairs.jsonl --out new.gguf", 1000},
        Writing{"map",
                "map --source source.gguf --target target.gguf --corpus corpus.txt --neutral neutral.txt --out "
                "new.gguf",
                1000},
        Writing{"transplant", kCarry, 1000},
        Writing{"twin", "twin --model source.gguf --out new.gguf --map new_map.gguf --neutral neutral.txt", 300'000},
        Writing{"generate", "generate --model target.gguf --prompt A --max-tokens 40 --out new.jsonl", 10}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Disk, an_older_output_survives_a_full_disk) {
    const Workbench bench;
    const std::string before = testing::read_bytes(bench / "concept.gguf");
    ProgramSetup setup;
    setup.file_limit = 1000;
    const ProgramResult result = bench.run("refine --model source.gguf --pairs pairs.jsonl --out concept.gguf", setup);
    EXPECT_EQ(result.exit_code, 3) << result.error;
    EXPECT_EQ(testing::read_bytes(bench / "concept.gguf"), before);
}

TEST(Disk, a_full_stdout_is_said) {
    ProgramSetup setup;
    setup.out_file = "/dev/full";
    const ProgramResult result = Workbench().run("inspect vector.gguf", setup);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_NE(result.error.find("stdout"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace contrans
