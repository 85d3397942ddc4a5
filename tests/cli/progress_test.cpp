// Progress on a terminal: a bar that is redrawn in place and taken away again.
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using testing::ProgramResult;
using testing::Workbench;

// Long enough for a bar, which comes after half a second.
ProgramResult refine_on_terminal(const Workbench& bench) {
    std::string pairs;
    for (int i = 0; i < 80; ++i) {
        const std::string number = std::to_string(i);
        pairs += R"({"positive": "Bright )" + number + std::string(300, 'a') + R"(", "negative": "Dark )" + number +
                 std::string(300, 'b') + "\"}\n";
    }
    testing::write_bytes(bench / "many.jsonl", pairs);
    return testing::run_on_terminal(
        "refine --threads 1 --model source.gguf --pairs many.jsonl --layers 3:3 --out new.gguf",
        {.folder = bench.path(), .out_file = "", .file_limit = {}});
}

TEST(ProgressOnTerminal, is_a_bar_with_rate_and_time_left_that_goes_away) {
    ::unsetenv("NO_COLOR");
    const Workbench bench;
    const ProgramResult result = refine_on_terminal(bench);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    for (const char* part : {"\r\x1b[K"
                             "read Tiny source",
                             "/160 texts, ", " texts/s, ", " left", "\x1b[32m"}) {
        EXPECT_NE(result.error.find(part), std::string::npos) << part << " not in " << result.error;
    }
    EXPECT_EQ(result.error.find('\n'), std::string::npos) << result.error;
    EXPECT_TRUE(result.error.ends_with("\r\x1b[K")) << result.error;
}

TEST(ProgressOnTerminal, has_no_colour_where_none_is_wanted) {
    ::setenv("NO_COLOR", "1", 1);
    const Workbench bench;
    const ProgramResult result = refine_on_terminal(bench);
    EXPECT_NE(result.error.find("read Tiny source  ["), std::string::npos) << result.error;
    EXPECT_EQ(result.error.find("\x1b[3"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace contrans
