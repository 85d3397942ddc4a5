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

TEST(PairedDifference, TOfGroupMeansIsStudents) {
    const std::vector<double> a = {1, 3, 2, 2, 5, 4};
    const std::vector<double> b(6, 0.0);
    const std::vector<std::string> groups = {"x", "x", "y", "y", "", ""};
    // Means 2, 2, 5, 4: mean 3.25, error 0.75, t 4.33 with 3 degrees of freedom.
    EXPECT_NEAR(paired_difference(a, b, groups, {}, GroupTest::means).p, 0.022669, 1e-6);
    EXPECT_EQ(paired_difference(a, b, groups, {}, GroupTest::means).p,
              paired_difference(b, a, groups, {}, GroupTest::means).p);
}

TEST(PairedDifference, GroupsThatDoNotDifferAreLeftToSignFlips) {
    const std::vector<double> a(12, 1.0);
    const std::vector<double> b(12, 0.0);
    EXPECT_EQ(paired_difference(a, b, {}, {}, GroupTest::means).p, paired_difference(a, b, {}, {}).p);
    EXPECT_EQ(paired_difference(b, b, {}, {}, GroupTest::means).p, 1.0);
    const std::vector<std::string> one_group(12, "only");
    EXPECT_EQ(paired_difference(a, b, one_group, {}, GroupTest::means).p, 1.0);
}

TEST(PairedDifference, TOfGroupsThatShareTheirNoiseHoldsItsFivePercent) {
    std::mt19937_64 random(9);
    std::normal_distribution<double> normal;
    int certain = 0;
    constexpr int kTrials = 1000;
    for (int trial = 0; trial < kTrials; ++trial) {
        std::vector<double> a;
        std::vector<std::string> groups;
        for (int group = 0; group < 8; ++group) {
            const double shared = normal(random) * (group < 4 ? 1 : 3);
            for (int item = 0; item < 3 + group % 2; ++item) {
                a.push_back(shared + normal(random));
                groups.push_back(std::to_string(group));
            }
        }
        const std::vector<double> none(a.size(), 0.0);
        certain += paired_difference(a, none, groups, {.replicates = 10}, GroupTest::means).p < 0.05 ? 1 : 0;
    }
    EXPECT_LT(static_cast<double>(certain) / kTrials, 0.07) << "three standard errors over 5%";
    EXPECT_GT(certain, 10) << "nor does it call everything chance";
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
