#include "contrans/rollout/beta_mixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace contrans {
namespace {

TEST(LogGamma, HasTheKnownValues) {
    EXPECT_NEAR(log_gamma(0.5), 0.5 * std::log(std::numbers::pi), 1e-14);
    EXPECT_NEAR(log_gamma(1), 0, 1e-14);
    EXPECT_NEAR(log_gamma(2), 0, 1e-14);
    double factorial = 0;
    for (int n = 2; n <= 60; ++n) {
        factorial += std::log(n - 1.0);
        EXPECT_NEAR(log_gamma(n), factorial, 1e-13 * (1 + factorial)) << n;
    }
}

TEST(LogGamma, AgreesWithTheLibrarysFromTheSmallToTheHuge) {
    for (double x = 1e-6; x < 1e12; x *= 1.37) {
        EXPECT_NEAR(log_gamma(x), std::lgamma(x), 1e-13 * (1 + std::abs(std::lgamma(x)))) << x;
    }
}

TEST(LogMixture, HasTheClosedFormsOfSmallCounts) {
    EXPECT_NEAR(log_mixture({0, 0}, {}), 0, 1e-14);
    EXPECT_NEAR(log_mixture({1, 1}, {}), std::log(0.5), 1e-14);
    EXPECT_NEAR(log_mixture({2, 1}, {}), std::log(0.125), 1e-14);
    EXPECT_NEAR(log_mixture({2, 2}, {1, 1}), std::log(1.0 / 3), 1e-14);
    EXPECT_NEAR(log_mixture({5, 2}, {1, 1}), std::log(1.0 / 60), 1e-14);  // B(3, 4)
}

// What makes it a mixture: as a distribution over all sequences of both arms it sums to one.
TEST(LogMixtureOfLikeArms, IsADistributionOverSequences) {
    for (const int n_t : {0, 1, 4}) {
        for (const int n_c : {0, 3, 7}) {
            double total = 0;
            for (int t = 0; t <= n_t; ++t) {
                for (int c = 0; c <= n_c; ++c) {
                    const double sequences = std::tgamma(n_t + 1) / std::tgamma(t + 1) / std::tgamma(n_t - t + 1) *
                                             std::tgamma(n_c + 1) / std::tgamma(c + 1) / std::tgamma(n_c - c + 1);
                    const Tally treatment{static_cast<std::size_t>(n_t), static_cast<double>(t)};
                    const Tally control{static_cast<std::size_t>(n_c), static_cast<double>(c)};
                    total += sequences * std::exp(log_mixture_of_like_arms(treatment, control));
                }
            }
            EXPECT_NEAR(total, 1, 1e-12) << n_t << " and " << n_c;
        }
    }
}

TEST(LogMixtureOfLikeArms, KnowsNoOrderOfTheArmsAndOfWhatIsGood) {
    const double value = log_mixture_of_like_arms({40, 3}, {700, 9});
    EXPECT_NEAR(log_mixture_of_like_arms({700, 9}, {40, 3}), value, 1e-10);
    EXPECT_NEAR(log_mixture_of_like_arms({40, 37}, {700, 691}), value, 1e-10);
}

}  // namespace
}  // namespace contrans
