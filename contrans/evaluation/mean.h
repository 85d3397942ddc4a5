#pragma once

#include <numeric>
#include <span>

namespace contrans {

/// Of one value or more.
[[nodiscard]] inline double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace contrans
