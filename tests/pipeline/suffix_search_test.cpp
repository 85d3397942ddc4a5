#include "contrans/pipeline/suffix_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/pipeline/worded_task.h"
#include "contrans/transplant/vector_set.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::carried;
using testing::throws_error;
using testing::tiny_target_model;

constexpr SuffixSearchOptions kHow = {.words = 3, .tried = 8, .items = 4, .seed = 1, .threads = 1};

SuffixAttack search(const SuffixSearchOptions& options) {
    return search_suffix(tiny_target_model(), carried().vector, testing::task(1), options, {});
}

std::size_t word_count(const std::string& text) {
    std::istringstream in(text);
    std::string word;
    std::size_t n = 0;
    while (in >> word) ++n;
    return n;
}

/// Steered, by a scorer of its own.
double margin_with(const std::string& suffix) {
    TaskScorer scorer(tiny_target_model(), with_suffix(limit_items(testing::task(1), kHow.items, 1), suffix), 1);
    return mean_of(
        item_values(Metric::margin, scorer.task(), scorer.score_all(combined_plan({&carried().vector, 1}), {})));
}

TEST(SuffixSearch, FindsWordsThatLowerTheSteeredMargin) {
    const SuffixAttack attack = search(kHow);
    EXPECT_EQ(attack.vector, carried().vector.name);
    EXPECT_EQ(attack.metric, "margin");
    ASSERT_FALSE(attack.suffix.empty());
    EXPECT_LT(attack.after, attack.before);
    EXPECT_NEAR(attack.before, margin_with(""), 1e-3);
    EXPECT_NEAR(attack.after, margin_with(attack.suffix), 1e-3);
    EXPECT_LE(word_count(attack.suffix), 3U);
    EXPECT_EQ(word_count(attack.random), word_count(attack.suffix));
    EXPECT_NE(attack.random, attack.suffix);
    EXPECT_TRUE(attack.suffix.ends_with('.'));
    EXPECT_GE(attack.tried, kHow.tried + 3) << "the words of three choices beside those that were drawn";
}

TEST(SuffixSearch, OneMoreWordNeverHelpsLess) {
    SuffixSearchOptions one = kHow;
    one.words = 1;
    EXPECT_LE(search(kHow).after, search(one).after);
}

TEST(SuffixSearch, DependsOnItsSeedAlone) {
    SuffixSearchOptions other = kHow;
    other.threads = 2;
    EXPECT_EQ(search(other).suffix, search(kHow).suffix);
    other.seed = 2;
    EXPECT_NE(search(other).random, search(kHow).random);
}

TEST(SuffixSearch, RefusesWhatCannotBeSearched) {
    SuffixSearchOptions none = kHow;
    none.words = 0;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"one word"}, [&] { (void)search(none); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"an item"},
                             [&] { (void)search_suffix(tiny_target_model(), carried().vector, Task{}, kHow, {}); }));
    ControlVector wide = carried().vector;
    for (ControlLayer& layer : wide.layers) layer.offset.push_back(1);
    EXPECT_TRUE(throws_error(ErrorKind::model, {wide.name},
                             [&] { (void)search_suffix(tiny_target_model(), wide, testing::task(1), kHow, {}); }));
}

}  // namespace
}  // namespace contrans
