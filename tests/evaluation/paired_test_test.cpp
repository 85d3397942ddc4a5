#include "contrans/evaluation/paired_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(PairedDifference, FewGroupsCannotBeCertain) {
    const std::vector<double> a(12, 1.0);
    const std::vector<double> b(12, 0.0);
    std::vector<std::string> groups;
    for (int i = 0; i < 12; ++i) groups.push_back(i < 6 ? "first" : "second");
    const PairedDifference two_groups = paired_difference(a, b, groups, {});
    EXPECT_EQ(two_groups.difference.value, 1.0);
    EXPECT_NEAR(two_groups.p, 0.5, 0.03);  // two of four sign patterns
    EXPECT_NEAR(paired_difference(a, b, {}, {}).p, 2.0 / 4096, 0.001);
}

TEST(PairedDifference, NoDifferenceIsNoEvidence) {
    const std::vector<double> same = {0.3, 0.1, 0.7};
    const PairedDifference found = paired_difference(same, same, {}, {});
    EXPECT_EQ(found.difference.value, 0.0);
    EXPECT_EQ(found.p, 1.0);
    EXPECT_EQ(found.detectable, 0.0);
}

TEST(PairedDifference, ByChanceAFiveOfAHundredAreUnderFiveOfAHundred) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    int certain = 0;
    constexpr int kTrials = 400;
    for (int trial = 0; trial < kTrials; ++trial) {
        std::vector<double> a(20);
        std::vector<double> b(20);
        for (double& value : a) value = normal(random);
        for (double& value : b) value = normal(random);
        certain += paired_difference(a, b, {}, {.replicates = 10}).p < 0.05 ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(certain) / kTrials, 0.05, 0.033);  // three standard errors
}

TEST(PairedDifference, WhatIsDetectableIsFoundFourTimesInFive) {
    std::mt19937_64 random(8);
    std::normal_distribution<double> normal;
    constexpr std::size_t kItems = 60;
    double detectable = 0;
    std::vector<double> none(kItems, 0.0);
    std::vector<double> noise(kItems);
    for (double& value : noise) value = normal(random);
    detectable = paired_difference(noise, none, {}, {}).detectable;
    int found = 0;
    constexpr int kTrials = 200;
    for (int trial = 0; trial < kTrials; ++trial) {
        for (double& value : noise) value = normal(random) + 2.8 / std::sqrt(double{kItems});
        found += paired_difference(noise, none, {}, {.replicates = 10}).p < 0.05 ? 1 : 0;
    }
    EXPECT_NEAR(detectable, 2.8 / std::sqrt(double{kItems}), 0.08);
    EXPECT_NEAR(static_cast<double>(found) / kTrials, 0.8, 0.1);
}

}  // namespace
}  // namespace contrans
