// The README's library example is the file that is compiled, and stays short.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace {

std::string read(const std::string& file) {
    std::ifstream stream(std::string(CONTRANS_SOURCE_DIR) + "/" + file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Readme, ShowsTheCompiledExample) {
    const std::string example = read("examples/carry_concept.cpp");
    ASSERT_FALSE(example.empty());
    EXPECT_NE(read("README.md").find("```cpp\n" + example + "```"), std::string::npos)
        << "README.md must hold examples/carry_concept.cpp as it is";
    EXPECT_LT(std::count(example.begin(), example.end(), '\n'), 40);
}

}  // namespace
