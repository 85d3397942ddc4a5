#include "contrans/evaluation/multiple_tests.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(Holm, StepsDown) {
    const std::vector<double> adjusted = holm_adjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005});
    const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12);
    EXPECT_EQ(holm_adjusted(std::vector<double>{0.9, 0.8}), (std::vector<double>{1.0, 1.0}));
    EXPECT_TRUE(holm_adjusted({}).empty());
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"1.5"}, [] { (void)holm_adjusted(std::vector<double>{1.5}); }));
}

TEST(FalseDiscovery, StepsUp) {
    const std::vector<double> adjusted = false_discovery_adjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005});
    const std::vector<double> expected = {0.02, 0.04, 0.04, 0.02};
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12);
    EXPECT_EQ(false_discovery_adjusted(std::vector<double>{0.9, 0.8}), (std::vector<double>{0.9, 0.9}));
    EXPECT_TRUE(false_discovery_adjusted({}).empty());
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"-1"}, [] { (void)false_discovery_adjusted(std::vector<double>{-1}); }));
}

/// Tables of 100 cells, of which a third have an effect.
TEST(FalseDiscovery, KeepsTheShareOfChance) {
    std::mt19937_64 random(4);
    std::uniform_real_distribution<double> uniform;
    double share = 0;
    constexpr int kTables = 400;
    std::size_t found_by_holm = 0;
    std::size_t found = 0;
    for (int table = 0; table < kTables; ++table) {
        std::vector<double> p(100);
        for (std::size_t i = 0; i < p.size(); ++i) p[i] = i < 33 ? 0.0078 * uniform(random) : uniform(random);
        const std::vector<double> q = false_discovery_adjusted(p);
        const std::vector<double> holm = holm_adjusted(p);
        std::size_t by_chance = 0;
        std::size_t below = 0;
        for (std::size_t i = 0; i < p.size(); ++i) {
            below += q[i] < 0.05 ? 1U : 0U;
            by_chance += q[i] < 0.05 && i >= 33 ? 1U : 0U;
            found_by_holm += holm[i] < 0.05 ? 1U : 0U;
        }
        found += below;
        share += below == 0 ? 0 : static_cast<double>(by_chance) / static_cast<double>(below) / kTables;
    }
    EXPECT_LT(share, 0.05);
    EXPECT_GT(found, 33U * kTables * 9 / 10);
    EXPECT_LT(found_by_holm, 33U * kTables / 4) << "what the larger table takes from Holm's";
}

}  // namespace
}  // namespace contrans
