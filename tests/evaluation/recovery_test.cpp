#include "contrans/evaluation/recovery.h"

#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

GainTriple triple(const std::string& name, double none, double native, double treated) {
    return {name, testing::shares(100, none), testing::shares(100, native), testing::shares(100, treated), {}};
}

TEST(Recovery, IsTheShareOfTheNativeGain) {
    EXPECT_NEAR(recovery(0.1, 0.9, 0.5).value(), 0.5, 1e-12);
    EXPECT_NEAR(recovery(0.1, 0.5, 0.9).value(), 2.0, 1e-12);
    EXPECT_NEAR(recovery(0.2, 0.6, 0.0).value(), -0.5, 1e-12);
}

TEST(Recovery, IsNullWhereNativeGainsTooLittle) {
    EXPECT_FALSE(recovery(0.0, 0.09, 0.6));
    EXPECT_FALSE(recovery(0.5, 0.1, 0.6));
    EXPECT_TRUE(recovery(0.2, 0.3, 0.25));  // exactly the threshold, in spite of rounding
}

TEST(Recovery, EstimateHasNoIntervalWithoutAValue) {
    const RecoveryEstimate estimate = estimate_recovery(triple("fear", 0, 0, 0.6), {});
    EXPECT_FALSE(estimate.value || estimate.low || estimate.high);
}

TEST(Recovery, HeadlineCountsConceptsThatNativeDoesNotMove) {
    const std::vector<GainTriple> concepts = {triple("joy", 0, 1, 0.5), triple("fear", 0, 0, 0.6)};
    const RecoveryEstimate estimate = estimate_recovery(concepts, {});
    EXPECT_NEAR(estimate.value.value(), 1.1, 1e-12);
    EXPECT_LT(estimate.low.value(), 1.1);
    EXPECT_GT(estimate.high.value(), 1.1);
}

}  // namespace
}  // namespace contrans
