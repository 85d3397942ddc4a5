#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// What p says of the differences of groups.
enum class GroupTest {
    /// That their signs are chance: the sign-flip permutation test (Winkler et al., NeuroImage 92, 2014, on flipping
    /// exchangeable blocks). With d_g the sum of a − b in group g, the share of 9,999 random sign patterns s, the given
    /// one counted too, for which |Σ s_g·d_g| is as large. Exact, and with G groups never under 2^(1−G).
    sign_flips,
    /// That their mean is 0: Student's t of the groups' mean differences, G − 1 degrees of freedom (Ibragimov and
    /// Müller, Journal of Business & Economic Statistics 28, 2010: conservative at 5% where group means are normal,
    /// also of unequal variance). For graded values: shares of few items are not normal. Sign flips where all groups
    /// are equal.
    means,
};

/// What two conditions of the same items differ by.
struct PairedDifference {
    Interval difference;    ///< mean of a − b, with its bootstrap interval over groups and items
    double p = 1;           ///< two-sided, by the test asked for
    double detectable = 0;  ///< the difference that a test at 5% finds four times in five, from the interval's width
};

/// @param groups  empty: every item is its own group; else one a value, "" an own one.
/// Throws as bootstrap_difference.
[[nodiscard]] PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                                 std::span<const std::string> groups, const BootstrapOptions& options,
                                                 GroupTest test = GroupTest::sign_flips);

}  // namespace contrans
