#include "contrans/linalg/random_order.h"

#include <algorithm>
#include <array>

#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(RandomOrder, IsAPermutationFixedByItsSeed) {
    RandomEngine a(7);
    RandomEngine b(7);
    std::vector<std::size_t> order = random_order(100, a);
    EXPECT_EQ(order, random_order(100, b));
    EXPECT_NE(order, random_order(100, b));
    std::ranges::sort(order);
    for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i);
}

TEST(RandomOrder, PutsEveryItemEverywhereAlikeOften) {
    RandomEngine engine(11);
    std::array<std::array<int, 4>, 4> count{};
    for (int draw = 0; draw < 8000; ++draw) {
        const auto order = random_order(4, engine);
        for (std::size_t i = 0; i < 4; ++i) ++count[i][order[i]];
    }
    for (const auto& row : count) {
        for (const int n : row) EXPECT_NEAR(n, 2000, 200);  // 5 standard deviations
    }
}

}  // namespace
}  // namespace contrans
