#include "contrans/linalg/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(RankCorrelation, LooksAtOrderAlone) {
    const std::vector<double> a = {1, 2, 3, 4};
    EXPECT_DOUBLE_EQ(rank_correlation(a, std::vector<double>{-9, 0.1, 0.2, 1e6}).value(), 1);
    EXPECT_DOUBLE_EQ(rank_correlation(a, std::vector<double>{8, 4, 2, 1}).value(), -1);
}

TEST(RankCorrelation, IsOneMinusTheSquaredRankDifferencesWithoutTies) {
    // Spearman's own formula: 1 − 6·Σd²/(n³ − n).
    std::mt19937_64 engine(3);
    std::vector<double> ranks(20);
    std::iota(ranks.begin(), ranks.end(), 0.0);
    const std::vector<double> a = ranks;
    for (int draw = 0; draw < 20; ++draw) {
        std::shuffle(ranks.begin(), ranks.end(), engine);
        double squares = 0;
        for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - ranks[i]) * (a[i] - ranks[i]);
        EXPECT_NEAR(rank_correlation(a, ranks).value(), 1 - 6 * squares / (20.0 * 20 * 20 - 20), 1e-12);
    }
}

TEST(RankCorrelation, GivesTiesTheirMeanRank) {
    // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: 4.5 / √(4.5 · 5).
    EXPECT_NEAR(rank_correlation(std::vector<double>{1, 7, 7, 9}, std::vector<double>{1, 2, 3, 4}).value(),
                4.5 / std::sqrt(4.5 * 5), 1e-12);
}

TEST(RankCorrelation, IsNothingWhereASideSaysNothing) {
    EXPECT_FALSE(rank_correlation(std::vector<double>{1, 2, 3}, std::vector<double>{5, 5, 5}));
    EXPECT_FALSE(rank_correlation(std::vector<double>{1}, std::vector<double>{2}));
    EXPECT_FALSE(rank_correlation({}, {}));
    EXPECT_THROW((void)rank_correlation(std::vector<double>{1, 2}, std::vector<double>{1}), Error);
}

}  // namespace
}  // namespace contrans
