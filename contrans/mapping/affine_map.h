#pragma once

#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// y = A·x + b from a source layer's residual stream to a target layer's. Immutable; safe to share between threads.
class AffineMap {
public:
    /// @param a [d_target, d_source]   @param b [d_target]
    /// Throws Error{argument} when the shapes disagree, Error{numeric} when a value is not finite.
    AffineMap(Matrix a, std::vector<float> b);

    [[nodiscard]] std::size_t d_source() const { return a_.cols(); }
    [[nodiscard]] std::size_t d_target() const { return a_.rows(); }
    [[nodiscard]] const Matrix& a() const { return a_; }
    [[nodiscard]] const std::vector<float>& b() const { return b_; }

    /// A·v: how differences are carried (in a difference the offset cancels). f64 accumulation.
    [[nodiscard]] std::vector<float> map_direction(std::span<const float> v) const;
    /// A·x + b.
    [[nodiscard]] std::vector<float> map_state(std::span<const float> x) const;

private:
    Matrix a_;
    std::vector<float> b_;
};

}  // namespace contrans
