#include "contrans/mapping/gcv.h"

#include <algorithm>
#include <limits>

#include "contrans/linalg/products.h"

namespace contrans {

GcvScore::GcvScore(std::span<const double> eigenvalues, const MatrixF64& projected, double total, double rows)
    : eigenvalues_(eigenvalues.begin(), eigenvalues.end()), total_(total), rows_(rows) {
    for (std::size_t i = 0; i < projected.rows(); ++i) squares_.push_back(dot(projected.row(i), projected.row(i)));
}

double GcvScore::operator()(std::span<const double> shrinkage) const {
    double freedom = 1;
    double residual = total_;
    for (std::size_t i = 0; i < shrinkage.size(); ++i) {
        const double kept = eigenvalues_[i] * shrinkage[i];
        freedom += kept;
        residual -= squares_[i] * shrinkage[i] * (2.0 - kept);
    }
    const double left = 1.0 - freedom / rows_;
    // Rounding can leave a residual of nothing below zero.
    return left > 1e-9 ? std::max(residual, 0.0) / rows_ / (left * left) : std::numeric_limits<double>::infinity();
}

}  // namespace contrans
