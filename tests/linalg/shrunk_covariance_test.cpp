#include "contrans/linalg/shrunk_covariance.h"

#include <cmath>
#include <vector>

#include "contrans/linalg/cholesky.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;
using testing::throws_error;

TEST(ShrunkCovariance, four_rows_by_hand) {
    // Rows ±(4, 0), ±(0, 2): S = diag(8, 2), m = 5.
    Matrix rows(4, 2);
    rows(0, 0) = 4;
    rows(1, 0) = -4;
    rows(2, 1) = 2;
    rows(3, 1) = -2;
    const ShrunkCovariance got = shrunk_covariance(rows);
    // Σ‖x‖⁴/n = (2·256 + 2·16)/4 = 136, ‖S‖² = 68, ‖S − 5I‖² = 18: λ = (136 − 68)/(4·18).
    const double shrinkage = 68.0 / 72.0;
    EXPECT_NEAR(got.shrinkage, shrinkage, 1e-12);
    EXPECT_EQ(got.rows, 4U);
    const std::vector<double> want = {(1 - shrinkage) * 8 + shrinkage * 5, 0, 0, (1 - shrinkage) * 2 + shrinkage * 5};
    EXPECT_TRUE(all_close(flat(got.matrix), std::span<const double>(want), 1e-12, 0));
}

TEST(ShrunkCovariance, is_nearer_the_truth_than_the_sample_and_less_shrunk_with_more_rows) {
    // True variances 1, 4, 9, …; fewer rows than dimensions.
    constexpr std::size_t kWidth = 40;
    const auto distance = [](const MatrixF64& m) {
        double sum = 0;
        for (std::size_t i = 0; i < kWidth; ++i) {
            for (std::size_t j = 0; j < kWidth; ++j) {
                const double truth = i == j ? static_cast<double>((i + 1) * (i + 1)) : 0.0;
                sum += (m(i, j) - truth) * (m(i, j) - truth);
            }
        }
        return std::sqrt(sum);
    };
    double before = 1;
    for (const std::size_t n : {20UL, 200UL, 2000UL}) {
        RandomEngine random(7);
        Matrix rows = testing::random_matrix(n, kWidth, random);
        for (std::size_t r = 0; r < n; ++r) {
            for (std::size_t c = 0; c < kWidth; ++c) rows(r, c) *= static_cast<float>(c + 1);
        }
        const ShrunkCovariance got = shrunk_covariance(rows);
        EXPECT_LT(got.shrinkage, before) << n;
        before = got.shrinkage;
        MatrixF64 sample(kWidth, kWidth);
        double trace = 0;
        for (std::size_t i = 0; i < kWidth; ++i) trace += got.matrix(i, i) / kWidth;
        for (std::size_t i = 0; i < kWidth; ++i) {
            for (std::size_t j = 0; j < kWidth; ++j)
                sample(i, j) = (got.matrix(i, j) - (i == j ? got.shrinkage * trace : 0)) / (1 - got.shrinkage);
        }
        EXPECT_LT(distance(got.matrix), distance(sample)) << n;
    }
}

TEST(ShrunkCovariance, can_be_inverted_where_rows_are_few_or_alike) {
    Matrix rows(2, 30);
    for (std::size_t r = 0; r < 2; ++r) rows(r, 0) = r == 0 ? 1.0F : -1.0F;
    MatrixF64 right(1, 30);
    right(0, 29) = 1;
    EXPECT_TRUE(std::isfinite(cholesky_solve(shrunk_covariance(rows).matrix, right)(0, 29)));
}

TEST(ShrunkCovariance, needs_rows_that_vary) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"[0, 0]"}, [] { (void)shrunk_covariance(Matrix()); }));
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"vary"}, [] { (void)shrunk_covariance(Matrix(3, 2)); }));
}

}  // namespace
}  // namespace contrans
