#include "contrans/runtime/likeliest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

std::vector<Token> naive(const std::vector<float>& logits, std::size_t n) {
    std::vector<Token> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](Token a, Token b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
    });
    order.resize(std::min(n, order.size()));
    return order;
}

std::vector<Token> tokens_of(const std::vector<TokenLogit>& best) {
    std::vector<Token> tokens;
    for (const TokenLogit& one : best) tokens.push_back(one.token);
    return tokens;
}

TEST(Likeliest, AgreesWithASort) {
    std::mt19937 random(1);
    for (const std::size_t size : {1U, 7U, 256U, 1000U, 5000U}) {
        for (const std::size_t n : {1U, 2U, 40U, 300U, 6000U}) {
            // Few values, so that many are equal.
            std::vector<float> logits(size);
            for (float& x : logits) x = static_cast<float>(random() % 50);
            EXPECT_EQ(tokens_of(likeliest(logits, n)), naive(logits, n)) << size << " " << n;
            std::sort(logits.begin(), logits.end());  // each one beats all before it
            EXPECT_EQ(tokens_of(likeliest(logits, n)), naive(logits, n)) << size << " " << n << " rising";
        }
    }
}

TEST(Likeliest, LeavesOutWhatIsNoNumberAndWhatIsBanned) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float banned = -std::numeric_limits<float>::infinity();
    EXPECT_EQ(tokens_of(likeliest(std::vector<float>{nan, 1, banned, 3, nan}, 5)), (std::vector<Token>{3, 1}));
    EXPECT_TRUE(likeliest(std::vector<float>{1, 2}, 0).empty());
}

TEST(LogSumExp, IsThatOfTheClosedForm) {
    EXPECT_NEAR(log_normaliser(std::vector<float>(8, 2.0F)), 2 + std::log(8.0), 1e-12);
    EXPECT_NEAR(log_normaliser(std::vector<float>{1000, 1000}), 1000 + std::log(2.0), 1e-9);
}

}  // namespace
}  // namespace contrans
