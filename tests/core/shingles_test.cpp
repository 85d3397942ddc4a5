#include "contrans/core/shingles.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace contrans {
namespace {

const std::string kTwelve = "one two three four five six seven eight nine ten eleven twelve";

TEST(Shingles, one_a_starting_word_of_a_run_of_eight) {
    EXPECT_EQ(shingles(kTwelve).size(), 5U);
    EXPECT_EQ(shingles("one two three four five six seven eight").size(), 1U);
    EXPECT_EQ(shingles("one two").size(), 1U);
    EXPECT_TRUE(shingles(" ?! — ").size() == 1U);  // a dash's bytes are word bytes
    EXPECT_TRUE(shingles(" ?!.. ").empty());
}

// FNV-1a's published constants over "a " by hand: stays the same on every platform and in every version.
TEST(Shingles, hash_is_pinned) {
    const std::uint64_t a = (0xcbf29ce484222325ULL ^ 'a') * 0x100000001b3ULL;
    EXPECT_EQ(shingles("A"), std::vector<std::uint64_t>{(a ^ ' ') * 0x100000001b3ULL});
}

TEST(Shingles, case_punctuation_and_spacing_do_not_count_but_words_do) {
    EXPECT_EQ(shingles("Hello, World!"), shingles("hello\n\tworld"));
    EXPECT_NE(shingles("ab c"), shingles("a bc"));
    EXPECT_NE(shingles("naïve"), shingles("nave"));
}

TEST(Shingles, merged_are_sorted_and_single) {
    const std::vector<std::vector<std::uint64_t>> texts = {{5, 1, 5}, {}, {3, 1}};
    EXPECT_EQ(merge_shingles(texts), (std::vector<std::uint64_t>{1, 3, 5}));
}

TEST(Shingles, share_contained_counts_runs_of_the_corpus) {
    const std::vector<std::vector<std::uint64_t>> corpus = {shingles("Once: " + kTwelve), shingles("nothing of it")};
    const auto merged = merge_shingles(corpus);
    EXPECT_DOUBLE_EQ(share_contained(shingles(kTwelve), merged), 1.0);
    EXPECT_DOUBLE_EQ(share_contained(shingles("quite another text"), merged), 0.0);
    EXPECT_DOUBLE_EQ(share_contained(shingles(kTwelve + " thirteen fourteen fifteen sixteen seventeen"), merged), 0.5);
    EXPECT_DOUBLE_EQ(share_contained({}, merged), 0.0);
}

}  // namespace
}  // namespace contrans
