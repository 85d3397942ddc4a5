#pragma once

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/program.h"

namespace contrans::testing {

/// Exit code 0 and nothing on stderr.
inline void expect_done(const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.error, "");
}

/// The exit code, nothing on stdout, and one line on stderr with `part` in it.
inline void expect_refused(const ProgramResult& result, int exit_code, const std::string& part) {
    EXPECT_EQ(result.exit_code, exit_code) << result.error;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.error.find(part), std::string::npos) << "no \"" << part << "\" in: " << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
}

}  // namespace contrans::testing
