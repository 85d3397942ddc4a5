// The population stability index: by hand, what chance makes of it, and what it sees.
#include "contrans/rollout/drift.h"

#include <cmath>
#include <limits>
#include <random>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

/// Bins of a distribution around `mean` with this spread, in doses.
BinCounts drawn(std::mt19937_64& random, std::size_t answers, double mean, double spread = 0.04) {
    std::normal_distribution<double> normal(mean, spread);
    BinCounts counts;
    for (std::size_t i = 0; i < answers; ++i) ++counts[drift_bin(normal(random))];
    return counts;
}

TEST(DriftBin, is_a_hundredth_of_a_dose_and_open_at_the_ends) {
    EXPECT_EQ(drift_bin(0), 0);
    EXPECT_EQ(drift_bin(0.0999), 9);
    EXPECT_EQ(drift_bin(-0.001), -1);
    EXPECT_EQ(drift_bin(1e9), 999);
    EXPECT_EQ(drift_bin(-1e9), -1000);
    EXPECT_THROW((void)drift_bin(std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST(Drift, index_by_hand) {
    // Groups end at bins 1, 2, 3: a quarter each. Then 100 / 100 / 100 / 100 against 40 / 80 / 120 / 160.
    const BinCounts reference{{1, 100}, {2, 100}, {3, 100}, {4, 100}};
    const BinCounts now{{0, 40}, {2, 80}, {3, 120}, {7, 160}};
    const DriftReading reading = read_drift(reference, now);
    double index = 0;
    for (const double n : {40.0, 80.0, 120.0, 160.0}) {
        const double p = 100.5 / 402;
        const double q = (n + 0.5) / 402;
        index += (q - p) * std::log(q / p);
    }
    EXPECT_NEAR(reading.index, index, 1e-12);
    EXPECT_EQ(reading.answers, 400U);
    EXPECT_EQ(reading.state, DriftState::steady) << index;
    EXPECT_EQ(reading.limit, kDriftThreshold);
}

TEST(Drift, is_not_told_from_few_answers) {
    const BinCounts reference{{1, 100}, {2, 100}, {3, 100}};
    EXPECT_EQ(read_drift(reference, {{90, kLeastDriftAnswers - 1}}).state, DriftState::waiting);
    EXPECT_EQ(read_drift({{1, kLeastDriftAnswers - 1}}, {{90, 400}}).state, DriftState::waiting);
    EXPECT_EQ(read_drift(reference, {{90, kLeastDriftAnswers}}).state, DriftState::drifted);
    EXPECT_EQ(read_drift({}, reference).state, DriftState::waiting);
    EXPECT_EQ(read_drift(reference, {}).index, 0);
}

TEST(Drift, is_seen_beside_a_reference_that_lies_in_one_bin) {
    const BinCounts reference{{5, 100}};
    EXPECT_EQ(read_drift(reference, {{5, 100}}).state, DriftState::steady);
    EXPECT_EQ(read_drift(reference, {{4, 100}}).state, DriftState::drifted);
    EXPECT_EQ(read_drift(reference, {{6, 100}}).state, DriftState::drifted);
}

TEST(Drift, limit_is_what_chance_exceeds_once_in_ten_thousand) {
    std::mt19937_64 random(1);
    const DriftReading reading = read_drift(drawn(random, 50, 0.3), drawn(random, 50, 0.3));
    // Ten groups: the quantile of χ² with 9 degrees of freedom at 0.9999 is 33.72.
    EXPECT_NEAR(reading.limit, (2.0 / 50) * 33.72, 0.02);
}

TEST(Drift, of_nothing_is_told_of_no_rollout_in_200_looked_at_after_every_answer) {
    std::mt19937_64 random(2);
    for (const std::size_t answers : {std::size_t{50}, std::size_t{200}}) {
        for (int rollout = 0; rollout < 100; ++rollout) {
            const BinCounts reference = drawn(random, answers, 0.3);
            BinCounts now;
            std::normal_distribution<double> normal(0.3, 0.04);
            for (int i = 0; i < 400; ++i) {
                ++now[drift_bin(normal(random))];
                ASSERT_NE(read_drift(reference, now).state, DriftState::drifted) << rollout << " after " << i;
            }
        }
    }
}

TEST(Drift, of_one_spread_is_seen_within_a_few_hundred_answers) {
    std::mt19937_64 random(3);
    for (int rollout = 0; rollout < 50; ++rollout) {
        EXPECT_EQ(read_drift(drawn(random, 200, 0.3), drawn(random, 300, 0.34)).state, DriftState::drifted);
    }
}

}  // namespace
}  // namespace contrans
