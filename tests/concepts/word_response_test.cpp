#include "contrans/concepts/word_response.h"

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

/// `n` words from the `first` on, each with the change that `change_of` its number.
template <class Change>
WordResponse response(std::size_t first, std::size_t n, Change change_of) {
    WordResponse result;
    for (std::size_t i = first; i < first + n; ++i) {
        result.words.push_back("w" + std::to_string(1000 + i));
        result.change.push_back(change_of(i));
    }
    return result;
}

float rising(std::size_t i) { return static_cast<float>(i); }
float falling(std::size_t i) { return -static_cast<float>(i * i); }
float scattered(std::size_t i) { return static_cast<float>((i * 7919) % 1009); }

TEST(Agreement, IsTheRankCorrelationOfTheWordsThatBothKnow) {
    const WordResponse a = response(0, 300, rising);
    EXPECT_NEAR(*agreement(a, response(100, 300, [](std::size_t i) { return static_cast<float>(i * i * i); })), 1,
                1e-12);
    EXPECT_NEAR(*agreement(a, response(50, 300, falling)), -1, 1e-12);
    EXPECT_LT(std::abs(*agreement(a, response(0, 300, scattered))), 0.2);
    EXPECT_EQ(*agreement(a, response(0, 300, scattered)), *agreement(response(0, 300, scattered), a));
}

// By hand: words 0 … 99 change by 0 in a; ranks there are 49.5, those of the other 20 words 100 … 119.
TEST(Agreement, EqualChangesShareTheirRank) {
    const WordResponse a = response(0, 120, [](std::size_t i) { return i < 100 ? 0.0F : static_cast<float>(i); });
    const WordResponse b = response(0, 120, rising);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < 120; ++i) {
        const double x = (i < 100 ? 49.5 : i) - 59.5;
        const double y = i - 59.5;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    EXPECT_NEAR(*agreement(a, b), ab / std::sqrt(aa * bb), 1e-12);
}

TEST(Agreement, NeedsWordsInCommonThatChange) {
    const WordResponse a = response(0, 300, rising);
    EXPECT_TRUE(agreement(a, response(200, 300, rising)));   // 100 words
    EXPECT_FALSE(agreement(a, response(201, 300, rising)));  // 99
    EXPECT_FALSE(agreement(a, response(0, 300, [](std::size_t) { return 0.5F; })));
}

TEST(WordResponse, NamesTheWordsThatChangeMost) {
    const WordResponse a = response(0, 5, [](std::size_t i) { return i == 3 ? 9.0F : -static_cast<float>(i); });
    EXPECT_EQ(promoted_words(a, 2), (std::vector<std::string>{"w1003", "w1000"}));
    EXPECT_EQ(suppressed_words(a, 2), (std::vector<std::string>{"w1004", "w1002"}));
    EXPECT_EQ(promoted_words(a, 9).size(), 5U);
}

TEST(StrongestWords, AreThoseThatRiseAndFallMost) {
    const WordResponse response{LayerIndex{3}, 0.5, {"a", "b", "c", "d", "e"}, {0.1F, -2, 0, 3, -0.2F}};
    const WordResponse strongest = strongest_words(response, 1);
    EXPECT_EQ(strongest.words, (std::vector<std::string>{"b", "d"}));
    EXPECT_EQ(strongest.change, (std::vector<float>{-2, 3}));
    EXPECT_EQ(strongest.layer, LayerIndex{3});
    EXPECT_EQ(strongest_words(response, 3), response);
}

}  // namespace
}  // namespace contrans
