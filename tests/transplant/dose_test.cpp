#include "contrans/transplant/dose.h"

#include <limits>
#include <span>
#include <vector>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::throws_error;

const std::vector<float> kDirection = {3, 0, -4};  // of length 5

TEST(Dose, IsTheAddedLengthInUnitsOfSigma) {
    EXPECT_DOUBLE_EQ(coefficient_for_dose(kDirection, 0.4, 200), 0.4 * 200 / 5);
    EXPECT_NEAR(norm(std::span<const float>(offset_for_dose(kDirection, 0.4, 200))), 0.4 * 200, 1e-4);
}

TEST(Dose, ADirectionsOwnLengthDoesNotCount) {
    const std::vector<float> longer = {300, 0, -400};
    EXPECT_TRUE(all_close(std::span<const float>(offset_for_dose(kDirection, 0.4, 2)),
                          std::span<const float>(offset_for_dose(longer, 0.4, 2)), 1e-6, 0));
}

TEST(Dose, ItsSignIsTheSense) { EXPECT_EQ(offset_for_dose(kDirection, -1, 5), (std::vector<float>{-3, 0, 4})); }

TEST(Dose, NeedsALengthAndASpread) {
    const double infinite = std::numeric_limits<double>::infinity();
    const std::vector<float> zero(3);
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"length"}, [&] { (void)coefficient_for_dose(zero, 1, 1); }));
    for (const double sigma : {0.0, -1.0, infinite}) {
        EXPECT_TRUE(
            throws_error(ErrorKind::numeric, {"spread"}, [&] { (void)coefficient_for_dose(kDirection, 1, sigma); }));
    }
}

}  // namespace
}  // namespace contrans
