#pragma once

#include <optional>
#include <span>

#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// Under this gain of native over none, recovery has no denominator and is null (DESIGN §5).
inline constexpr double kSmallestNativeGain = 0.1;

/// (treated − none) / (native − none); nothing where native − none < kSmallestNativeGain. May pass 1.
[[nodiscard]] std::optional<double> recovery(double none, double native, double treated);

/// Recovery of one concept and its interval. Each may be null: the value by the rule above, the interval's ends when
/// the denominator is not safely positive.
struct RecoveryEstimate {
    std::optional<double> value;
    std::optional<double> low;
    std::optional<double> high;
};

/// Throws as bootstrap_gain_ratio does.
[[nodiscard]] RecoveryEstimate estimate_recovery(const GainTriple& triple, const BootstrapOptions& options);

/// The headline: ratio of summed gains over concepts, all of them included. Null where the mean native gain is under
/// kSmallestNativeGain. Throws as bootstrap_gain_ratio does.
[[nodiscard]] RecoveryEstimate estimate_recovery(std::span<const GainTriple> concepts, const BootstrapOptions& options);

}  // namespace contrans
