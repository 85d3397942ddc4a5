#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// What two conditions of the same items differ by.
struct PairedDifference {
    Interval difference;    ///< mean of a − b, with its bootstrap interval over groups and items
    double p = 1;           ///< two-sided, that the sign of every group's difference is chance
    double detectable = 0;  ///< the difference that a test at 5% finds four times in five, from the interval's width
};

/// The sign-flip permutation test over groups (Winkler et al., NeuroImage 92, 2014, on sign flipping of exchangeable
/// blocks): with d_g the sum of a − b in group g, the share of 9,999 random sign patterns s, the given one counted too,
/// for which |Σ s_g·d_g| is as large. With G groups p cannot be under 2^(1−G).
/// @param groups  empty: every item is its own group; else one a value, "" an own one.
/// Throws as bootstrap_difference.
[[nodiscard]] PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                                 std::span<const std::string> groups, const BootstrapOptions& options);

}  // namespace contrans
