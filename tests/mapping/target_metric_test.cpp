#include "contrans/mapping/target_metric.h"

#include <cmath>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "tests/core/expect_error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

constexpr std::size_t kRows = 500;

// Of a giant dimension, two that go nearly together, and one without variance; columns sum to about zero.
MatrixF64 rows() {
    RandomEngine engine(51);
    MatrixF64 y = testing::random_matrix_f64(kRows, 5, engine);
    for (std::size_t r = 0; r < kRows; ++r) {
        y(r, 0) *= 3000;
        y(r, 2) = y(r, 1) + 0.5 * y(r, 2);
        y(r, 4) = 0;
    }
    return y;
}

SourceMoments moments(const MatrixF64& y) {
    return {kRows, std::vector<double>(y.cols(), 0.0), self_product(y, Op::transposed)};
}

std::vector<double> squares(const SourceMoments& y) {
    std::vector<double> squares;
    for (std::size_t i = 0; i < y.gram.rows(); ++i) squares.push_back(y.gram(i, i));
    return squares;
}

std::vector<double> inverse_sd(const SourceMoments& y) {
    std::vector<double> inverse;
    for (const double square : squares(y)) inverse.push_back(square > 0 ? 1 / std::sqrt(square / kRows) : 0.0);
    return inverse;
}

std::vector<TargetMetric> all_metrics(const SourceMoments& y) {
    const std::vector<double> inverse = inverse_sd(y);
    return {TargetMetric::raw(inverse), TargetMetric::standardised(inverse), TargetMetric::whitened(y, inverse)};
}

TEST(TargetMetric, WhitenedRowsHaveNoCovarianceLeft) {
    const MatrixF64 y = rows();
    const MatrixF64 white = TargetMetric::whitened(moments(y), inverse_sd(moments(y))).enter(y);
    const MatrixF64 covariance = self_product(white, Op::transposed);
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < i; ++j) EXPECT_NEAR(covariance(i, j) / kRows, 0, 1e-9);
        // λ/(λ + ε), λ from 0.1 up; the empty dimension stays empty.
        if (i == 0) continue;
        EXPECT_NEAR(covariance(i, i) / kRows, 0.95, 0.05);
    }
    EXPECT_NEAR(covariance(0, 0), 0, 1e-9);
}

TEST(TargetMetric, EnteringAndLeavingGivesRowsBack) {
    const MatrixF64 y = rows();
    for (const TargetMetric& metric : all_metrics(moments(y)))
        EXPECT_TRUE(all_close(flat(metric.leave(metric.enter(y))), flat(y), 1e-8, 1e-8));
}

TEST(TargetMetric, WhatHasNoVarianceHasNoWeight) {
    const MatrixF64 y = rows();
    MatrixF64 other = y;
    for (std::size_t r = 0; r < kRows; ++r) other(r, 4) = 77;
    for (const TargetMetric& metric : all_metrics(moments(y)))
        EXPECT_TRUE(all_close(flat(metric.leave(metric.enter(other))), flat(y), 1e-8, 1e-8));
}

TEST(TargetMetric, TotalIsTheSquaredLengthOfTheRowsItWasMadeOf) {
    const MatrixF64 y = rows();
    for (const TargetMetric& metric : all_metrics(moments(y))) {
        const MatrixF64 entered = metric.enter(y);
        EXPECT_NEAR(metric.total(squares(moments(y))) / dot(flat(entered), flat(entered)), 1, 1e-9);
    }
}

TEST(TargetMetric, WhiteningNeedsTheGram) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"Gram", "[3, 3]", "[0, 0]"},
                                      [] { (void)TargetMetric::whitened({}, std::vector<double>(3, 1.0)); }));
}

}  // namespace
}  // namespace contrans
