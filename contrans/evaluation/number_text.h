#pragma once

#include <optional>
#include <string>

#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// `value` with two decimals, or `digits` of them; no locale, never "-0.00"; "-" where there is none.
[[nodiscard]] std::string fixed(std::optional<double> value, int digits = 2);

/// "0.79 [0.60, 0.92]"; ends that are unknown leave the bracket away, an unknown value gives "-".
[[nodiscard]] std::string with_interval(std::optional<double> value, std::optional<double> low,
                                        std::optional<double> high);
[[nodiscard]] std::string with_interval(const Interval& interval);

}  // namespace contrans
