#include "contrans/evaluation/log_softmax.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

std::vector<float> random_logits(std::size_t n, double spread, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(0, spread);
    std::vector<float> logits(n);
    for (float& x : logits) x = static_cast<float>(normal(random));
    return logits;
}

double naive_log_sum_exp(std::span<const float> x) {
    const double largest = static_cast<double>(*std::max_element(x.begin(), x.end()));
    double sum = 0;
    for (const float v : x) sum += std::exp(static_cast<double>(v) - largest);
    return largest + std::log(sum);
}

double naive_kl(std::span<const float> p, std::span<const float> q) {
    const double p_norm = naive_log_sum_exp(p);
    const double q_norm = naive_log_sum_exp(q);
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double log_p = static_cast<double>(p[i]) - p_norm;
        sum += std::exp(log_p) * (log_p - (static_cast<double>(q[i]) - q_norm));
    }
    return sum;
}

TEST(LogSumExp, AgreesWithTheNaiveSum) {
    for (const std::size_t n : {1U, 7U, 1000U, 262144U}) {
        for (const double spread : {0.1, 3.0, 20.0}) {
            const auto x = random_logits(n, spread, static_cast<unsigned>(n));
            EXPECT_NEAR(log_sum_exp(x), naive_log_sum_exp(x), 1e-5) << n << " " << spread;
        }
    }
}

TEST(LogSumExp, NeitherOverflowsNorVanishes) {
    EXPECT_NEAR(log_sum_exp(std::vector<float>{1000, 1000}), 1000 + std::log(2.0), 1e-4);
    EXPECT_NEAR(log_sum_exp(std::vector<float>{-1000, -1000}), -1000 + std::log(2.0), 1e-4);
    EXPECT_NEAR(log_sum_exp(std::vector<float>{5}), 5, 1e-6);
}

TEST(KlDivergence, AgreesWithTheNaiveSum) {
    for (const std::size_t n : {2U, 1000U, 262144U}) {
        for (const double spread : {0.1, 3.0, 8.0}) {
            const auto p = random_logits(n, spread, 1);
            const auto q = random_logits(n, spread, 2);
            const double naive = naive_kl(p, q);
            EXPECT_NEAR(kl_divergence(p, q), naive, 1e-5 + 1e-5 * naive) << n << " " << spread;
        }
    }
}

TEST(KlDivergence, OfTwoCoinsInClosedForm) {
    // p = (1/2, 1/2), q = (1/4, 3/4): ½ log 2 + ½ log ⅔
    const std::vector<float> p = {3, 3};
    const std::vector<float> q = {0, std::log(3.0F)};
    EXPECT_NEAR(kl_divergence(p, q), 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3.0), 1e-6);
    EXPECT_NEAR(kl_divergence(q, p), 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-6);
}

TEST(KlDivergence, IsZeroForOneDistributionHoweverShifted) {
    const auto p = random_logits(50000, 4, 3);
    std::vector<float> shifted = p;
    for (float& x : shifted) x += 8;
    EXPECT_EQ(kl_divergence(p, p), 0);
    EXPECT_NEAR(kl_divergence(p, shifted), 0, 1e-5);
}

TEST(KlDivergence, SmallDifferencesKeepTheirSize) {
    // A damage of a thousandth of a nat is what searches begin with.
    const auto p = random_logits(262144, 3, 4);
    std::vector<float> q = p;
    const auto noise = random_logits(q.size(), 0.05, 5);
    for (std::size_t i = 0; i < q.size(); ++i) q[i] += noise[i];
    const double naive = naive_kl(p, q);
    ASSERT_GT(naive, 5e-4);
    EXPECT_NEAR(kl_divergence(p, q) / naive, 1, 0.01);
}

}  // namespace
}  // namespace contrans
