#include "contrans/rollout/tally.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(Tally, CountsAndSums) {
    Tally tally;
    EXPECT_EQ(tally.mean_or(0.25), 0.25);
    tally.add(1);
    tally.add(0);
    tally.add(0.25);
    EXPECT_EQ(tally.n, 3U);
    EXPECT_EQ(tally.sum, 1.25);
    EXPECT_EQ(tally.rest(), 1.75);
    EXPECT_EQ(tally.mean_or(0), 1.25 / 3);
}

TEST(Tally, ARoundedSumStaysWithinTheCount) {
    const Tally rounded{3, std::nextafter(3.0, 4.0)};
    EXPECT_EQ(rounded.rest(), 0.0);
    EXPECT_EQ(rounded.mean_or(0), 1.0);
}

TEST(Tally, OtherOutcomesAreRefusedAndNotCounted) {
    Tally tally;
    for (const double bad : {-1e-9, 1.5, std::nan(""), HUGE_VAL}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"tally", "[0, 1]"}, [&] { tally.add(bad); })) << bad;
    }
    EXPECT_EQ(tally.n, 0U);
    EXPECT_EQ(tally.sum, 0.0);
}

}  // namespace
}  // namespace contrans
