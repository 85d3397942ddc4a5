#include "contrans/mapping/affine_map.h"

#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/finite.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

std::vector<float> product(const Matrix& a, std::span<const float> x, std::span<const float> offset) {
    if (x.size() != a.cols()) {
        throw Error(ErrorKind::argument, "affine map: the input must be " + std::to_string(a.cols()) + " wide, got " +
                                             std::to_string(x.size()));
    }
    std::vector<float> y(a.rows());
    for (std::size_t r = 0; r < y.size(); ++r) {
        y[r] = static_cast<float>(dot(a.row(r), x) + (offset.empty() ? 0.0 : static_cast<double>(offset[r])));
    }
    return y;
}

}  // namespace

AffineMap::AffineMap(Matrix a, std::vector<float> b) : a_(std::move(a)), b_(std::move(b)) {
    if (a_.empty() || b_.size() != a_.rows()) {
        throw Error(ErrorKind::argument, "affine map: A [d_target, d_source] and b [d_target] must agree, got [" +
                                             std::to_string(a_.rows()) + ", " + std::to_string(a_.cols()) + "] and [" +
                                             std::to_string(b_.size()) + "]");
    }
    require_finite(a_, "affine map: A");
    require_finite({b_.data(), b_.size(), 1}, "affine map: b");
}

std::vector<float> AffineMap::map_direction(std::span<const float> v) const { return product(a_, v, {}); }
std::vector<float> AffineMap::map_state(std::span<const float> x) const { return product(a_, x, b_); }

}  // namespace contrans
