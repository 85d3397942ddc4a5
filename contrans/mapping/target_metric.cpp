#include "contrans/mapping/target_metric.h"

#include <cmath>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/symmetric_eigen.h"
#include "contrans/mapping/scaling.h"

namespace contrans {
namespace {

std::vector<double> inverses(std::span<const double> factors) {
    std::vector<double> inverse;
    for (const double factor : factors) inverse.push_back(factor > 0 ? 1.0 / factor : 0.0);
    return inverse;
}

/// D·S·D of the rows' covariance S.
MatrixF64 correlations(const SourceMoments& y, std::span<const double> inverse_sd) {
    MatrixF64 r = scale_rows(scale_columns(y.gram, inverse_sd), inverse_sd);
    for (std::size_t i = 0; i < r.rows() * r.cols(); ++i) r.data()[i] /= y.rows;
    return r;
}

}  // namespace

TargetMetric TargetMetric::raw(std::span<const double> inverse_sd) {
    TargetMetric metric;
    for (const double factor : inverse_sd) metric.scale_.push_back(factor > 0 ? 1.0 : 0.0);
    return metric;
}

TargetMetric TargetMetric::standardised(std::span<const double> inverse_sd) {
    TargetMetric metric;
    metric.scale_ = {inverse_sd.begin(), inverse_sd.end()};
    return metric;
}

TargetMetric TargetMetric::whitened(const SourceMoments& y, std::span<const double> inverse_sd) {
    if (y.gram.rows() != inverse_sd.size()) {
        throw Error(ErrorKind::argument,
                    "fit: a whitened metric needs the target's Gram matrix [" + std::to_string(inverse_sd.size()) +
                        ", " + std::to_string(inverse_sd.size()) + "], got [" + std::to_string(y.gram.rows()) + ", " +
                        std::to_string(y.gram.cols()) + "]");
    }
    TargetMetric metric = standardised(inverse_sd);
    SymmetricEigen eigen = symmetric_eigen(correlations(y, inverse_sd));
    for (const double value : eigen.values) {
        const double variance = std::max(value, 0.0);
        metric.roots_.push_back(std::sqrt(variance + kWhiteningFloor));
        metric.whitened_share_ += variance / (variance + kWhiteningFloor);
    }
    metric.directions_ = std::move(eigen.vectors);
    metric.rows_ = y.rows;
    return metric;
}

MatrixF64 TargetMetric::enter(MatrixF64 m) const {
    m = scale_columns(std::move(m), scale_);
    if (directions_.empty()) return m;
    return scale_columns(multiply(m, Op::plain, directions_, Op::transposed), inverses(roots_));
}

MatrixF64 TargetMetric::leave(MatrixF64 m) const {
    if (!directions_.empty()) m = multiply(scale_columns(std::move(m), roots_), Op::plain, directions_, Op::plain);
    return scale_columns(std::move(m), inverses(scale_));
}

double TargetMetric::total(std::span<const double> squares) const {
    if (!directions_.empty()) return rows_ * whitened_share_;
    double sum = 0;
    for (std::size_t j = 0; j < squares.size(); ++j) sum += scale_[j] * scale_[j] * squares[j];
    return sum;
}

}  // namespace contrans
