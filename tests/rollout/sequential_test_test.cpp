#include "contrans/rollout/sequential_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "contrans/rollout/beta_mixture.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

Tally tally(int n, double sum) { return {static_cast<std::size_t>(n), sum}; }

double times_log(double count, double rate) { return count == 0 ? 0 : count * std::log(rate); }

double log_likelihood(const Tally& t, double m) { return times_log(t.sum, m) + times_log(t.rest(), 1 - m); }

/// The twin of log_evidence_of_excess: every pair of means on a grid that the hypothesis allows.
double evidence_on_grid(const Tally& treatment, const Tally& control, double margin, int steps) {
    double best = -HUGE_VAL;
    const auto look = [&](double m_t, double m_c) {
        if (m_t < 0 || m_t > 1) return;
        best = std::max(best, log_likelihood(treatment, m_t) + log_likelihood(control, m_c));
    };
    for (int c = 0; c <= steps; ++c) {
        const double m_c = static_cast<double>(c) / steps;
        look(m_c + margin, m_c);
        for (int t = 0; t <= steps; t += 8) {
            const double m_t = static_cast<double>(t) / steps;
            if (m_t - m_c <= margin) look(m_t, m_c);
        }
    }
    return log_mixture_of_like_arms(treatment, control) - best;
}

struct Counts {
    Tally treatment;
    Tally control;
};

const std::vector<Counts>& counts() {
    static const std::vector<Counts> kCounts = {
        {tally(0, 0), tally(0, 0)},   {tally(5, 5), tally(0, 0)},           {tally(0, 0), tally(9, 2)},
        {tally(7, 0), tally(9, 9)},   {tally(7, 7), tally(9, 0)},           {tally(40, 12), tally(300, 3)},
        {tally(40, 0), tally(60, 0)}, {tally(100, 31.25), tally(80, 20.5)}, {tally(2000, 60), tally(2000, 20)}};
    return kCounts;
}

TEST(EvidenceAt, HasTheClosedFormsOfSmallCounts) {
    EXPECT_NEAR(log_evidence_at({}, 0.3), 0, 1e-14);
    EXPECT_NEAR(log_evidence_at(tally(1, 1), 0.3), std::log(0.5 / 0.3), 1e-14);
    EXPECT_NEAR(log_evidence_at(tally(2, 1), 0.3), std::log(0.125 / 0.21), 1e-14);
    EXPECT_EQ(log_evidence_at(tally(2, 1), 0), HUGE_VAL);
    EXPECT_EQ(log_evidence_at(tally(2, 1), 1), HUGE_VAL);
    EXPECT_NEAR(log_evidence_at(tally(2, 2), 1), std::log(0.375), 1e-14);
}

// Over all sequences of twelve outcomes: the mean of M is one, and it ever reaches 1/α with probability α at most.
TEST(EvidenceAt, IsAMartingaleOfBernoulliOutcomes) {
    constexpr unsigned kLength = 12;
    for (const double m : {0.05, 0.3, 0.5, 0.9}) {
        std::vector<double> mean(kLength + 1, 0);
        double crossed_half = 0;
        double crossed_fifth = 0;
        for (unsigned bits = 0; bits < (1U << kLength); ++bits) {
            Tally seen;
            double probability = 1;
            double largest = 0;
            for (unsigned i = 0; i < kLength; ++i) {
                const bool one = (bits >> i) % 2 == 1;
                seen.add(one ? 1 : 0);
                probability *= one ? m : 1 - m;
                const double value = std::exp(log_evidence_at(seen, m));
                largest = std::max(largest, value);
                mean[seen.n] += probability * value / (1U << (kLength - 1 - i));
            }
            crossed_half += largest >= 2 ? probability : 0;
            crossed_fifth += largest >= 5 ? probability : 0;
        }
        for (std::size_t n = 1; n <= kLength; ++n) EXPECT_NEAR(mean[n], 1, 1e-12) << n << " at " << m;
        EXPECT_LE(crossed_half, 0.5);
        EXPECT_LE(crossed_fifth, 0.2);
        EXPECT_GT(crossed_half, 0.05);
    }
}

// Outcomes 0, 1/2 and 1: M loses by what lies between the ends, and never gains.
TEST(EvidenceAt, IsASupermartingaleOfBoundedOutcomes) {
    for (const double half : {0.2, 0.6, 1.0}) {
        for (const double one : {0.0, 0.1, 0.4}) {
            if (half + one > 1) continue;
            const double m = half / 2 + one;
            for (const Tally& before : {tally(0, 0), tally(3, 0), tally(6, 2.5), tally(9, 9), tally(30, 11)}) {
                const double here = std::exp(log_evidence_at(before, m));
                const auto after = [&](double outcome) {
                    return std::exp(log_evidence_at({before.n + 1, before.sum + outcome}, m));
                };
                const double next = (1 - half - one) * after(0) + half * after(0.5) + one * after(1);
                EXPECT_LE(next, here * (1 + 1e-12)) << half << ", " << one << " after " << before.n;
            }
        }
    }
}

TEST(EvidenceAbove, IsTheSmallestOverTheHypothesis) {
    for (const Tally& seen : {tally(0, 0), tally(50, 0), tally(50, 50), tally(50, 17), tally(400, 3.75)}) {
        for (const double most : {0.0, 0.01, 0.2, 0.34, 0.9, 1.0}) {
            double smallest = HUGE_VAL;
            for (int i = 0; i <= 10000; ++i) smallest = std::min(smallest, log_evidence_at(seen, most * i / 10000));
            const double found = log_evidence_above(seen, most);
            if (std::isinf(smallest)) {
                EXPECT_EQ(found, smallest);
            } else {
                EXPECT_LE(found, smallest + 1e-9);
                EXPECT_NEAR(found, smallest, 1e-4);
            }
        }
    }
}

TEST(EvidenceOfExcess, IsTheSmallestOverTheHypothesis) {
    for (const auto& [treatment, control] : counts()) {
        for (const double margin : {-0.6, -0.05, 0.0, 0.02, 0.1, 0.75}) {
            const double found = log_evidence_of_excess(treatment, control, margin);
            const double twin = evidence_on_grid(treatment, control, margin, 4000);
            EXPECT_LE(found, twin + 1e-9)
                << treatment.n << ", " << treatment.sum << ", " << control.sum << ", " << margin;
            EXPECT_NEAR(found, twin, 0.02)
                << treatment.n << ", " << treatment.sum << ", " << control.sum << ", " << margin;
        }
    }
}

TEST(EvidenceOfExcess, WithoutMarginIsAgainstThePooledMean) {
    for (const auto& [treatment, control] : counts()) {
        if (treatment.mean_or(0) <= control.mean_or(1)) continue;
        const double pooled = (treatment.sum + control.sum) / static_cast<double>(treatment.n + control.n);
        const double known = log_mixture_of_like_arms(treatment, control) - log_likelihood(treatment, pooled) -
                             log_likelihood(control, pooled);
        EXPECT_NEAR(log_evidence_of_excess(treatment, control, 0), known, 1e-9 * (1 + std::abs(known)));
    }
}

// Two arms of six in turn, all 4,096 outcomes, at corners of the hypothesis: never more than 1 in the mean, and the
// chance that it is ever seen above a level is the level's at most.
TEST(EvidenceOfExcess, IsAnEProcessOfBernoulliOutcomes) {
    struct Truth {
        double treatment;
        double control;
        double margin;
    };
    for (const auto& [m_t, m_c, margin] : {Truth{0.1, 0.1, 0.0}, Truth{0.5, 0.5, 0.0}, Truth{0.35, 0.05, 0.3},
                                           Truth{0.2, 0.7, 0.0}, Truth{0.55, 0.85, -0.3}}) {
        double mean = 0;
        double crossed = 0;
        for (unsigned bits = 0; bits < 4096; ++bits) {
            Tally arms[2];
            double probability = 1;
            double largest = -HUGE_VAL;
            for (unsigned i = 0; i < 12; ++i) {
                const bool one = (bits >> i) % 2 == 1;
                const double m = i % 2 == 0 ? m_t : m_c;
                arms[i % 2].add(one ? 1 : 0);
                probability *= one ? m : 1 - m;
                largest = std::max(largest, log_evidence_of_excess(arms[0], arms[1], margin));
            }
            mean += probability * std::exp(log_evidence_of_excess(arms[0], arms[1], margin));
            crossed += largest >= std::log(2) ? probability : 0;
        }
        EXPECT_LE(mean, 1 + 1e-12);
        EXPECT_LE(crossed, 0.5);
    }
}

TEST(EvidenceOfExcess, GrowsWithARealExcessOnly) {
    EXPECT_GT(log_evidence_of_excess(tally(2000, 100), tally(2000, 20), 0), std::log(1e6));
    EXPECT_GT(log_evidence_of_excess(tally(2000, 100), tally(2000, 20), 0.01), std::log(1e3));
    EXPECT_LT(log_evidence_of_excess(tally(2000, 100), tally(2000, 20), 0.05), 0);
    EXPECT_LT(log_evidence_of_excess(tally(2000, 20), tally(2000, 100), 0), 0);
    EXPECT_LT(log_evidence_of_excess(tally(2000, 20), tally(2000, 20), 0), 0);
}

TEST(Intervals, EndWhereTheEvidenceReachesTheLevel) {
    const double level = std::log(1 / 0.05);
    for (const auto& [treatment, control] : counts()) {
        const auto [low, high] = difference_interval(treatment, control, 0.05);
        EXPECT_LE(low, treatment.mean_or(0.5) - control.mean_or(0.5));
        EXPECT_GE(high, treatment.mean_or(0.5) - control.mean_or(0.5));
        if (low > -1) {
            EXPECT_NEAR(log_evidence_of_excess(treatment, control, low), level, 1e-6);
        }
        if (high < 1) {
            EXPECT_NEAR(log_evidence_of_excess(control, treatment, -high), level, 1e-6);
        }
        const auto [least, most] = mean_interval(treatment, 0.05);
        if (least > 0) {
            EXPECT_NEAR(log_evidence_above(treatment, least), level, 1e-6);
        }
        if (most < 1) {
            EXPECT_NEAR(log_evidence_at(treatment, most), level, 1e-6);
        }
    }
}

TEST(Intervals, AreEverythingWithoutOutcomesAndNarrowWithMany) {
    const auto [low, high] = difference_interval({}, {}, 0.05);
    EXPECT_EQ(low, -1);
    EXPECT_EQ(high, 1);
    EXPECT_EQ(mean_interval({}, 0.05).low, 0);
    EXPECT_EQ(mean_interval({}, 0.05).high, 1);
    const auto narrow = difference_interval(tally(2'000'000'000, 2e7), tally(1'000'000'000, 1e7), 0.05);
    EXPECT_LT(narrow.low, 0);
    EXPECT_GT(narrow.high, 0);
    EXPECT_LT(narrow.high - narrow.low, 1e-4);
    const auto one_arm = difference_interval({}, tally(1000, 1000), 0.05);
    EXPECT_EQ(one_arm.low, -1);
    EXPECT_LT(one_arm.high, 0.05);
}

TEST(Intervals, CoverTheDifferenceAtEveryLook) {
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> uniform;
    constexpr int kRuns = 300;
    int missed = 0;
    for (int run = 0; run < kRuns; ++run) {
        Tally treatment;
        Tally control;
        bool covered = true;
        for (int i = 0; i < 300; ++i) {
            if (uniform(random) < 0.25) {
                treatment.add(uniform(random) < 0.16 ? 1 : 0);
            } else {
                control.add(uniform(random) < 0.08 ? 1 : 0);
            }
            const auto [low, high] = difference_interval(treatment, control, 0.2);
            covered = covered && low <= 0.08 && high >= 0.08;
        }
        missed += covered ? 0 : 1;
    }
    EXPECT_LE(missed, 0.2 * kRuns);
    EXPECT_GT(missed, 0);  // not so wide that nothing could be learned
}

TEST(SequentialTests, NeverGiveNothing) {
    for (const int n_t : {0, 1, 1000}) {
        for (const int n_c : {0, 1, 1'000'000}) {
            for (const double t : {0.0, 1e-12, 0.5, 1 - 1e-12, 1.0}) {
                for (const double c : {0.0, 1e-12, 0.5, 1 - 1e-12, 1.0}) {
                    const Tally treatment = tally(n_t, t * n_t);
                    const Tally control = tally(n_c, c * n_c);
                    for (const double margin : {-0.999999, -1e-9, 0.0, 1e-9, 0.999999}) {
                        EXPECT_FALSE(std::isnan(log_evidence_of_excess(treatment, control, margin)));
                    }
                    const auto [low, high] = difference_interval(treatment, control, 0.05);
                    EXPECT_TRUE(low >= -1 && low <= high && high <= 1)
                        << low << ", " << high << " of " << n_t << ", " << t << ", " << n_c << ", " << c;
                }
            }
        }
    }
}

TEST(SequentialTests, RefuseWhatIsNoLevelOrMargin) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"log_evidence_at"}, [] { (void)log_evidence_at({}, 1.1); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"log_evidence_above"}, [] { (void)log_evidence_above({}, -0.1); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"margin", "(-1, 1)"}, [] { (void)log_evidence_of_excess({}, {}, 1.0); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"alpha"}, [] { (void)mean_interval({}, 0); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"alpha"}, [] { (void)difference_interval({}, {}, std::nan("")); }));
}

}  // namespace
}  // namespace contrans
