// Ctrl-C in the middle of a long map: exit 130, no file.
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using testing::ProgramResult;
using testing::RunningProgram;
using testing::Workbench;

std::string long_corpus() {
    std::string lines;
    for (int i = 0; i < 20000; ++i)
        lines += "Text " + std::to_string(i) + " of a corpus that takes minutes to be read.\n";
    return lines;
}

class Interrupt : public ::testing::TestWithParam<int> {};

TEST_P(Interrupt, ends_a_map_with_130_and_no_file) {
    const Workbench bench;
    testing::write_bytes(bench / "long.txt", long_corpus());
    const auto before = bench.files();
    RunningProgram program("map --threads 1 --source source.gguf --target target.gguf --corpus long.txt --out new.gguf",
                           {.folder = bench.path(), .out_file = "", .file_limit = {}});
    ASSERT_TRUE(program.wait_until_interruptible());
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    program.send(GetParam());
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.exit_code, 130) << result.error;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.error.find("contrans: "), std::string::npos) << result.error;
    EXPECT_EQ(bench.files(), before);
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& row) { return row.param == SIGINT ? "interrupt" : "terminate"; });

}  // namespace
}  // namespace contrans
