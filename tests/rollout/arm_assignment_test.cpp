#include "contrans/rollout/arm_assignment.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

constexpr int kUnits = 1'000'000;
// In percentage points, of the goal for a million units.
constexpr double kPoints = 0.2;

std::string unit(int i) { return "user-" + std::to_string(i); }

// As Python says: int.from_bytes(sha256(len(s).to_bytes(8) + s + len(u).to_bytes(8) + u).digest()[:8]) >> 11, over
// 2^53.
TEST(PlaceOf, IsTheSameForEver) {
    EXPECT_EQ(place_of("", ""), 0.2159276604574586);
    EXPECT_EQ(place_of("kind-replies", "user-1"), 0.24580721991395715);
    EXPECT_EQ(place_of("kind-replies", "user-2"), 0.012675361723373801);
    EXPECT_EQ(place_of("ab", "c"), 0.3754475393532636);
    EXPECT_EQ(place_of("a", "bc"), 0.24877368267252686);
    EXPECT_EQ(place_of("päron", "名前"), 0.4730204149219829);
}

TEST(ArmOf, IsTheTreatmentUnderTheShare) {
    EXPECT_EQ(arm_of("kind-replies", "user-1", 0.25), Arm::treatment);
    EXPECT_EQ(arm_of("kind-replies", "user-1", 0.24580721991395715), Arm::control);
    EXPECT_EQ(arm_of("kind-replies", "user-1", 0), Arm::control);
    EXPECT_EQ(arm_of("kind-replies", "user-1", 1), Arm::treatment);
}

TEST(ArmOf, AGrowingShareTakesNobodyOut) {
    for (int i = 0; i < 2000; ++i) {
        bool had_it = false;
        for (const double share : {0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 1.0}) {
            const bool has_it = arm_of("growing", unit(i), share) == Arm::treatment;
            EXPECT_TRUE(has_it || !had_it) << unit(i) << " left at " << share;
            had_it = has_it;
        }
        EXPECT_TRUE(had_it);
    }
}

TEST(ArmOf, SharesOfAMillionUnitsAreExactToAFifthOfAPoint) {
    constexpr std::array kShares = {0.01, 0.05, 0.25, 0.5};
    std::array<int, kShares.size()> treated{};
    std::array<int, kShares.size()> treated_twice{};
    for (int i = 0; i < kUnits; ++i) {
        const double place = place_of("one rollout", unit(i));
        const double other = place_of("another rollout", unit(i));
        for (std::size_t k = 0; k < kShares.size(); ++k) {
            treated[k] += place < kShares[k] ? 1 : 0;
            treated_twice[k] += place < kShares[k] && other < kShares[k] ? 1 : 0;
        }
    }
    for (std::size_t k = 0; k < kShares.size(); ++k) {
        EXPECT_NEAR(100.0 * treated[k] / kUnits, 100 * kShares[k], kPoints);
        // The other seed's treatment has this one's share in it, within four standard errors.
        const double both = kShares[k] * kShares[k];
        EXPECT_NEAR(treated_twice[k], kUnits * both, 4 * std::sqrt(kUnits * both)) << kShares[k];
    }
}

TEST(ArmOf, SharesBeyondTheWholeAreRefused) {
    for (const double bad : {-0.01, 1.01, std::nan("")}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"arm_of", "[0, 1]"}, [&] { (void)arm_of("s", "u", bad); }));
    }
}

}  // namespace
}  // namespace contrans
