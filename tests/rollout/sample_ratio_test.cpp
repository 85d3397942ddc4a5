#include "contrans/rollout/sample_ratio.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(SampleRatio, NothingCountedIsNoEvidence) {
    EXPECT_NEAR(log_evidence_of_mismatch(0, 0, 0.3), 0, 1e-12);
    EXPECT_NEAR(log_evidence_of_mismatch(1, 0, 0.3), 0, 1e-12);  // the prior's mean is the share
    EXPECT_NEAR(log_evidence_of_mismatch(0, 1, 0.3), 0, 1e-12);
}

TEST(SampleRatio, IsAMartingaleUnderThePlannedShare) {
    for (const double share : {0.01, 0.25, 0.5}) {
        for (std::size_t t = 0; t < 40; t += 3) {
            for (std::size_t c = 0; c < 40; c += 3) {
                const double here = std::exp(log_evidence_of_mismatch(t, c, share));
                const double next = share * std::exp(log_evidence_of_mismatch(t + 1, c, share)) +
                                    (1 - share) * std::exp(log_evidence_of_mismatch(t, c + 1, share));
                EXPECT_NEAR(next, here, 1e-9 * here) << t << ", " << c << " at " << share;
            }
        }
    }
}

TEST(SampleRatio, APlannedSplitRarelyLooksBrokenAtAnyLook) {
    std::mt19937_64 random(11);
    constexpr int kRuns = 1000;
    int alarms = 0;
    for (int run = 0; run < kRuns; ++run) {
        std::size_t counts[2] = {0, 0};
        bool alarm = false;
        for (int unit = 0; unit < 1000; ++unit) {
            ++counts[random() % 20 == 0 ? 0 : 1];
            alarm = alarm || log_evidence_of_mismatch(counts[0], counts[1], 0.05) >= std::log(20);
        }
        alarms += alarm ? 1 : 0;
    }
    EXPECT_LE(alarms, 0.05 * kRuns);
}

TEST(SampleRatio, ABrokenSplitIsSeen) {
    EXPECT_GT(log_evidence_of_mismatch(4500, 5500, 0.5), std::log(1e6));
    EXPECT_GT(log_evidence_of_mismatch(0, 400, 0.05), std::log(20));
    EXPECT_GT(log_evidence_of_mismatch(400, 0, 0.5), std::log(1e6));
    EXPECT_LT(log_evidence_of_mismatch(5000, 5000, 0.5), 0);
    EXPECT_TRUE(std::isfinite(log_evidence_of_mismatch(3'000'000'000, 1'000'000'000, 0.001)));
}

TEST(SampleRatio, SharesThatLeaveAnArmEmptyAreRefused) {
    for (const double bad : {0.0, 1.0, -0.1, std::nan("")}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"log_evidence_of_mismatch", "(0, 1)"},
                                 [&] { (void)log_evidence_of_mismatch(1, 1, bad); }));
    }
}

}  // namespace
}  // namespace contrans
