#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "gtest/gtest.h"

namespace contrans::testing {

/// |a − b| ≤ absolute + relative·|b| for every element; non-finite values never match. Names the first offender.
template <class A, class B>
::testing::AssertionResult all_close(std::span<const A> a, std::span<const B> b, double absolute, double relative) {
    if (a.size() != b.size()) {
        return ::testing::AssertionFailure() << "sizes differ: " << a.size() << " and " << b.size();
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = static_cast<double>(a[i]);
        const double y = static_cast<double>(b[i]);
        if (!std::isfinite(x) || !std::isfinite(y) || std::abs(x - y) > absolute + relative * std::abs(y)) {
            return ::testing::AssertionFailure() << "first difference at " << i << ": " << x << " and " << y;
        }
    }
    return ::testing::AssertionSuccess();
}

}  // namespace contrans::testing
