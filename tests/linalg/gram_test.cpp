#include "contrans/linalg/gram.h"

#include <cmath>

#include "contrans/core/error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

double shifted(const ShiftedRows& x, std::size_t r, std::size_t c) {
    return static_cast<double>(x.row(r)[c]) - (x.shift.empty() ? 0.0 : static_cast<double>(x.shift[c]));
}

MatrixF64 naive_cross_gram(const ShiftedRows& x, const ShiftedRows& y) {
    MatrixF64 g(x.cols(), y.cols());
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t i = 0; i < x.cols(); ++i) {
            for (std::size_t j = 0; j < y.cols(); ++j) g(i, j) += shifted(x, r, i) * shifted(y, r, j);
        }
    }
    return g;
}

// Largest |a_ij − b_ij| in units of ‖x_i‖·‖y_j‖.
double relative_error(const MatrixF64& a, const MatrixF64& b, const ShiftedRows& x, const ShiftedRows& y) {
    const auto xx = column_square_sums(x);
    const auto yy = column_square_sums(y);
    double worst = 0;
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < a.cols(); ++j) {
            worst = std::max(worst, std::abs(a(i, j) - b(i, j)) / std::sqrt(xx[i] * yy[j]));
        }
    }
    return worst;
}

TEST(Gram, AgreesWithTheNaiveTwinAcrossBlocks) {
    RandomEngine engine(3);
    const Matrix x = testing::random_matrix(2500, 6, engine);
    const std::vector<float> shift{1, -2, 3, 0, 0.5F, 10};
    const ShiftedRows rows{x, std::nullopt, shift};
    EXPECT_TRUE(all_close(flat(gram(rows)), flat(naive_cross_gram(rows, rows)), 1e-9, 1e-12));
}

TEST(Gram, TakesRowsByIndexAndNoRowsForAnEmptyOne) {
    RandomEngine engine(4);
    const Matrix x = testing::random_matrix(9, 3, engine);
    const std::vector<std::size_t> index{8, 1, 1, 4};
    const ShiftedRows some{x, index, {}};
    EXPECT_TRUE(all_close(flat(gram(some)), flat(naive_cross_gram(some, some)), 1e-13, 1e-12));
    const ShiftedRows none{x, std::span<const std::size_t>{}, {}};
    EXPECT_EQ(gram(none), MatrixF64(3, 3));
}

TEST(CrossGram, AgreesWithTheNaiveTwinInBothPrecisions) {
    RandomEngine engine(5);
    const Matrix x = testing::random_matrix(5000, 7, engine);
    const Matrix y = testing::random_matrix(5000, 4, engine);
    const std::vector<std::size_t> order = random_order(5000, engine);
    const std::vector<float> shift{1, 2, 3, 4};
    const ShiftedRows a{x};
    const ShiftedRows b{y, order, shift};
    const MatrixF64 want = naive_cross_gram(a, b);
    EXPECT_LT(relative_error(cross_gram(a, b, GramPrecision::f64), want, a, b), 1e-14);
    EXPECT_LT(relative_error(cross_gram(a, b, GramPrecision::f32_blocks), want, a, b), 1e-6);
}

// A massive dimension: one column a thousand times the others and far from zero.
TEST(CrossGram, KeepsSmallColumnsBesideMassiveOnes) {
    RandomEngine engine(6);
    Matrix x = testing::random_matrix(5000, 5, engine);
    for (std::size_t r = 0; r < x.rows(); ++r) x(r, 2) = 20000.0F + 1000.0F * x(r, 2);
    const std::vector<float> shift{0, 0, 20000, 0, 0};
    const ShiftedRows rows{x, std::nullopt, shift};
    const MatrixF64 want = naive_cross_gram(rows, rows);
    EXPECT_LT(relative_error(cross_gram(rows, rows, GramPrecision::f32_blocks), want, rows, rows), 1e-6);
}

TEST(CrossGram, RefusesSidesOfDifferentLength) {
    EXPECT_THROW((void)cross_gram({Matrix(3, 2)}, {Matrix(4, 2)}, GramPrecision::f64), Error);
}

TEST(ColumnSums, MeansAndSquaresByHand) {
    Matrix x(2, 2);
    x(0, 0) = 1;
    x(1, 0) = 3;
    x(0, 1) = -2;
    x(1, 1) = 2;
    EXPECT_EQ(column_means({x}), (std::vector<double>{2, 0}));
    const std::vector<float> shift{2, 0};
    EXPECT_EQ(column_square_sums({x, std::nullopt, shift}), (std::vector<double>{2, 8}));
}

}  // namespace
}  // namespace contrans
