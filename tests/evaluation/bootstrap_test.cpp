#include "contrans/evaluation/bootstrap.h"

#include <algorithm>
#include <limits>
#include <random>

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

double width(const Interval& interval) { return interval.high - interval.low; }

std::vector<double> coin_flips(std::size_t n, double share, std::mt19937_64& engine) {
    std::bernoulli_distribution flip(share);
    std::vector<double> values(n);
    for (double& value : values) value = flip(engine) ? 1 : 0;
    return values;
}

TEST(Bootstrap, ValueIsThePlainMeanAndLiesInside) {
    const std::vector<double> values = {0, 1, 1, 0, 1, 0, 1, 1};
    const Interval interval = bootstrap_mean(values, {}, {});
    EXPECT_DOUBLE_EQ(interval.value, 5.0 / 8);
    EXPECT_LT(interval.low, interval.value);
    EXPECT_GT(interval.high, interval.value);
}

TEST(Bootstrap, ConstantValuesHaveNoWidth) {
    const Interval interval = bootstrap_mean(std::vector<double>(20, 0.25), {}, {});
    EXPECT_DOUBLE_EQ(interval.low, 0.25);
    EXPECT_DOUBLE_EQ(interval.high, 0.25);
}

TEST(Bootstrap, IntervalsMatchTheNormalOnesOfIndependentItems) {
    // Standard error of a share of one half over 400 items: 0.025, so the interval is 0.098 wide.
    EXPECT_NEAR(width(bootstrap_mean(testing::shares(400, 0.5), {}, {})), 2 * 1.96 * 0.025, 0.008);
}

TEST(Bootstrap, CoversTheTruthAtTheNominalRate) {
    std::mt19937_64 engine(5);
    int covered = 0;
    const int trials = 300;
    for (int trial = 0; trial < trials; ++trial) {
        const std::vector<double> values = coin_flips(80, 0.4, engine);
        const Interval interval = bootstrap_mean(values, {}, {.replicates = 400, .seed = static_cast<unsigned>(trial)});
        if (interval.low <= 0.4 && 0.4 <= interval.high) ++covered;
    }
    EXPECT_GT(covered, trials * 90 / 100);
    EXPECT_LT(covered, trials * 99 / 100);
}

TEST(Bootstrap, CoversTheTruthOfClusteredItems) {
    // 30 templates of 5 items that flip together nine times in ten: the plain bootstrap misses far more often.
    std::mt19937_64 engine(9);
    const std::vector<std::string> groups = testing::templates(150, 30);
    std::bernoulli_distribution flip(0.5);
    std::bernoulli_distribution follow(0.9);
    int clustered = 0;
    int plain = 0;
    const int trials = 200;
    for (int trial = 0; trial < trials; ++trial) {
        const std::vector<double> leaders = coin_flips(30, 0.5, engine);
        std::vector<double> values(150);
        for (std::size_t i = 0; i < 150; ++i) values[i] = follow(engine) ? leaders[i % 30] : (flip(engine) ? 1 : 0);
        const BootstrapOptions options{.replicates = 300, .seed = static_cast<unsigned>(trial)};
        const Interval with_groups = bootstrap_mean(values, groups, options);
        const Interval without = bootstrap_mean(values, {}, options);
        if (with_groups.low <= 0.5 && 0.5 <= with_groups.high) ++clustered;
        if (without.low <= 0.5 && 0.5 <= without.high) ++plain;
    }
    EXPECT_GT(clustered, trials * 89 / 100);
    EXPECT_LT(plain, trials * 75 / 100);
}

TEST(Bootstrap, IdenticalItemsInAGroupWidenTheInterval) {
    std::vector<double> values;
    for (std::size_t i = 0; i < 80; ++i) values.push_back(i % 8 < 4 ? 1 : 0);
    const double alone = width(bootstrap_mean(values, {}, {}));
    const double together = width(bootstrap_mean(values, testing::templates(80, 8), {}));
    EXPECT_GT(together, 2.5 * alone);  // √10 in theory
}

TEST(Bootstrap, UngroupedItemsAreClustersOfTheirOwn) {
    const std::vector<double> values = testing::shares(60, 0.3);
    const std::vector<std::string> no_names(60, "");
    const Interval a = bootstrap_mean(values, no_names, {});
    const Interval b = bootstrap_mean(values, {}, {});
    EXPECT_EQ(a.low, b.low);
    EXPECT_EQ(a.high, b.high);
}

TEST(Bootstrap, OneSeedGivesOneInterval) {
    const std::vector<double> values = testing::shares(60, 0.3);
    const Interval a = bootstrap_mean(values, {}, {.seed = 3});
    const Interval b = bootstrap_mean(values, {}, {.seed = 3});
    EXPECT_EQ(a.low, b.low);
    EXPECT_EQ(a.high, b.high);
}

TEST(Bootstrap, PairingCancelsWhatConditionsShare) {
    std::vector<double> a = testing::shares(80, 0.5);
    std::vector<double> b = a;
    for (double& value : a) value += 0.1;
    const Interval interval = bootstrap_difference(a, b, {}, {});
    EXPECT_NEAR(interval.value, 0.1, 1e-12);
    EXPECT_NEAR(interval.low, 0.1, 1e-12);
    EXPECT_NEAR(interval.high, 0.1, 1e-12);
}

GainTriple triple(const std::string& name, double none, double native, double treated, std::size_t n = 96) {
    return {name, testing::shares(n, none), testing::shares(n, native), testing::shares(n, treated),
            testing::templates(n, 12)};
}

TEST(GainRatio, IsTheRatioOfSummedGains) {
    const std::vector<GainTriple> concepts = {triple("a", 0, 0.5, 0.25), triple("b", 0, 1, 1)};
    const auto interval = bootstrap_gain_ratio(concepts, {});
    ASSERT_TRUE(interval);
    EXPECT_NEAR(interval->value, 1.25 / 1.5, 1e-12);
    EXPECT_LT(interval->low, interval->value);
    EXPECT_GT(interval->high, interval->value);
}

TEST(GainRatio, SharesItsDrawsBetweenConditions) {
    // Treated equals native item by item, so every replicate's ratio is 1 whatever was drawn.
    const GainTriple same = triple("a", 0.1, 0.8, 0.8);
    const auto interval = bootstrap_gain_ratio(std::span(&same, 1), {});
    ASSERT_TRUE(interval);
    EXPECT_DOUBLE_EQ(interval->low, 1);
    EXPECT_DOUBLE_EQ(interval->high, 1);
}

TEST(GainRatio, DrawsOfAConceptDoNotDependOnTheOthers) {
    const GainTriple half = triple("a", 0, 1, 0.5);
    GainTriple nothing = triple("b", 0, 0, 0);
    const std::vector<GainTriple> both = {nothing, half};
    const auto alone = bootstrap_gain_ratio(std::span(&half, 1), {});
    const auto beside = bootstrap_gain_ratio(both, {});
    ASSERT_TRUE(alone && beside);
    EXPECT_EQ(alone->low, beside->low);
    EXPECT_EQ(alone->high, beside->high);
}

TEST(GainRatio, CountsTheNoiseOfTheDenominator) {
    GainTriple noisy = triple("a", 0, 0.5, 0.5);
    std::reverse(noisy.native.begin(), noisy.native.end());
    GainTriple steady = noisy;
    steady.native.assign(96, 0.5);
    const auto with_noise = bootstrap_gain_ratio(std::span(&noisy, 1), {});
    const auto without = bootstrap_gain_ratio(std::span(&steady, 1), {});
    ASSERT_TRUE(with_noise && without);
    EXPECT_DOUBLE_EQ(with_noise->value, without->value);
    EXPECT_GT(width(*with_noise), 1.2 * width(*without));
}

TEST(GainRatio, IsNothingWhereTheDenominatorMayBeZero) {
    const GainTriple flat = triple("a", 0.3, 0.3, 0.9);
    EXPECT_FALSE(bootstrap_gain_ratio(std::span(&flat, 1), {}));
    GainTriple unsure = triple("b", 0.5, 0.5, 0.9);
    unsure.native = std::vector<double>(96, 0.0);
    for (std::size_t i = 0; i < 96; ++i) unsure.native[i] = i % 12 < 7 ? 1 : 0;
    EXPECT_FALSE(bootstrap_gain_ratio(std::span(&unsure, 1), {}));
}

TEST(BootstrapRankCorrelation, FindsWhatIsPlantedAndNothingElse) {
    std::mt19937_64 engine(5);
    std::normal_distribution<double> noise;
    std::vector<double> a(40);
    std::vector<double> follows(40);
    std::vector<double> unrelated(40);
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = noise(engine);
        follows[i] = a[i] + 0.3 * noise(engine);
        unrelated[i] = noise(engine);
    }
    const Interval planted = bootstrap_rank_correlation(a, follows, {}, {}).value();
    EXPECT_GT(planted.low, 0.7);
    EXPECT_LT(planted.high, 1);
    const Interval none = bootstrap_rank_correlation(a, unrelated, {}, {}).value();
    EXPECT_LT(none.low, 0);
    EXPECT_GT(none.high, 0);
    EXPECT_FALSE(bootstrap_rank_correlation(a, std::vector<double>(40, 1.0), {}, {}));
    EXPECT_THROW((void)bootstrap_rank_correlation(a, std::vector<double>(39), {}, {}), Error);
}

TEST(BootstrapRankCorrelation, CountsAGroupOnce) {
    // Four values, each ten times: no more is known than of four.
    std::vector<double> a;
    std::vector<double> b;
    std::vector<std::string> groups;
    for (int i = 0; i < 40; ++i) {
        a.push_back(i / 10);
        b.push_back(i / 10 == 3 ? 0 : i / 10);
        groups.push_back(std::to_string(i / 10));
    }
    const Interval alone = bootstrap_rank_correlation(a, b, {}, {}).value();
    const Interval grouped = bootstrap_rank_correlation(a, b, groups, {}).value();
    EXPECT_DOUBLE_EQ(alone.value, grouped.value);
    EXPECT_GT(width(grouped), 2 * width(alone));
}

TEST(Bootstrap, RefusesWhatMakesNoSense) {
    const std::vector<double> two = {0, 1};
    const std::vector<double> three = {0, 1, 1};
    const std::vector<std::string> one_group = {"a"};
    EXPECT_THROW((void)bootstrap_mean({}, {}, {}), Error);
    EXPECT_THROW((void)bootstrap_mean(two, one_group, {}), Error);
    EXPECT_THROW((void)bootstrap_mean(two, {}, {.replicates = 0}), Error);
    EXPECT_THROW((void)bootstrap_mean(two, {}, {.coverage = 1}), Error);
    EXPECT_THROW((void)bootstrap_difference(two, three, {}, {}), Error);
    EXPECT_THROW((void)bootstrap_gain_ratio({}, {}), Error);
    EXPECT_THROW((void)bootstrap_mean(std::vector<double>{0, std::numeric_limits<double>::infinity()}, {}, {}), Error);
}

}  // namespace
}  // namespace contrans
