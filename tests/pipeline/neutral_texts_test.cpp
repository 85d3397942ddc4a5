#include "contrans/pipeline/neutral_texts.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>

#include "contrans/core/text_lines.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

void expect_built_in(std::span<const std::string> texts, const std::string& file) {
    const auto lines = read_text_lines(std::filesystem::path(CONTRANS_SOURCE_DIR) / "data" / "neutral" / file);
    EXPECT_TRUE(std::ranges::equal(texts, lines)) << file;
    EXPECT_GE(texts.size(), 100U);
}

TEST(NeutralTexts, AreThoseOfTheDataFolder) {
    expect_built_in(neutral_development_texts(), "dev.txt");
    expect_built_in(neutral_test_texts(), "test.txt");
}

TEST(NeutralTexts, TheHalvesAreDisjoint) {
    for (const std::string& text : neutral_test_texts()) {
        EXPECT_EQ(std::ranges::count(neutral_development_texts(), text), 0) << text;
    }
}

}  // namespace
}  // namespace contrans
