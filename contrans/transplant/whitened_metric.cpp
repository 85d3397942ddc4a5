#include "contrans/transplant/whitened_metric.h"

#include <cmath>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/cholesky.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

double root_of_trace(const MatrixF64& m) {
    double sum = 0;
    for (std::size_t i = 0; i < m.rows(); ++i) sum += m(i, i);
    return std::sqrt(sum);
}

}  // namespace

WhitenedMetric::WhitenedMetric(ShrunkCovariance covariance)
    : covariance_(std::move(covariance)), sigma_(root_of_trace(covariance_.matrix)) {}

MatrixF64 WhitenedMetric::gram(MatrixView vectors) const {
    if (vectors.cols != width()) {
        throw Error(ErrorKind::argument, "whitened metric: vectors must be " + std::to_string(width()) + " wide, got " +
                                             std::to_string(vectors.cols));
    }
    const MatrixF64 v = to_f64(vectors);
    return multiply(v, Op::plain, cholesky_solve(covariance_.matrix, v), Op::transposed);
}

}  // namespace contrans
