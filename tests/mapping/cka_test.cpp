#include "contrans/mapping/cka.h"

#include <cmath>
#include <limits>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/svd.h"
#include "gtest/gtest.h"
#include "tests/linalg/random_matrix.h"

namespace contrans {
namespace {

constexpr CkaOptions kRaw{.columns = CkaOptions::Columns::raw};
constexpr CkaOptions kPlain{.estimator = CkaOptions::Estimator::plain};

double cka(const Matrix& x, const Matrix& y, const CkaOptions& options = {}) {
    const MatrixView sources[] = {x};
    const MatrixView targets[] = {y};
    return linear_cka(sources, targets, options)(0, 0);
}

Matrix rotated(const Matrix& x, RandomEngine& engine) {
    const MatrixF64 q = thin_svd(testing::random_matrix_f64(x.cols(), x.cols(), engine)).u;
    return to_f32(multiply(to_f64(x), Op::plain, q, Op::plain));
}

// n below and above d: the kernel and the feature form.
TEST(Cka, IsOneWithItselfUnderRotationAndScale) {
    RandomEngine engine(51);
    for (const std::size_t n : {20U, 200U}) {
        const Matrix x = testing::random_matrix(n, 30, engine);
        Matrix scaled = x;
        for (std::size_t i = 0; i < n * 30; ++i) scaled.data()[i] = 5 + 3 * scaled.data()[i];
        EXPECT_NEAR(cka(x, x), 1, 1e-5);
        EXPECT_NEAR(cka(x, scaled, kRaw), 1, 1e-4);
        EXPECT_NEAR(cka(x, rotated(x, engine), kRaw), 1, 1e-4);
    }
}

TEST(Cka, StandardisedColumnsForgetTheirScales) {
    RandomEngine engine(52);
    const Matrix x = testing::random_matrix(50, 8, engine);
    Matrix stretched = x;
    for (std::size_t r = 0; r < 50; ++r) stretched(r, 3) = 9000 + 500 * stretched(r, 3);
    EXPECT_NEAR(cka(x, stretched), 1, 1e-4);
    EXPECT_LT(cka(x, stretched, kRaw), 0.9);
}

TEST(Cka, IndependentStatesScoreZeroOnceDebiased) {
    RandomEngine engine(53);
    for (const std::size_t n : {100U, 800U}) {
        const Matrix x = testing::random_matrix(n, 120, engine);
        const Matrix y = testing::random_matrix(n, 90, engine);
        EXPECT_NEAR(cka(x, y), 0, 0.03);
        const double rows = static_cast<double>(n);
        EXPECT_NEAR(cka(x, y, kPlain), 1 / std::sqrt((1 + rows / 120) * (1 + rows / 90)), 0.03);
    }
}

// HSIC₁ as Song et al. write it, with kernels whose diagonals are struck out.
double naive_hsic(const MatrixF64& k, const MatrixF64& l) {
    const std::size_t n = k.rows();
    double trace = 0, sum_k = 0, sum_l = 0, chain = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double row_k = 0, row_l = 0;
        for (std::size_t j = 0; j < n; ++j) {
            if (i == j) continue;
            trace += k(i, j) * l(j, i);
            row_k += k(i, j);
            row_l += l(i, j);
        }
        sum_k += row_k;
        sum_l += row_l;
        chain += row_k * row_l;
    }
    const double m = static_cast<double>(n);
    return (trace + sum_k * sum_l / ((m - 1) * (m - 2)) - 2 * chain / (m - 2)) / (m * (m - 3));
}

TEST(Cka, AgreesWithTheNaiveTwinInBothForms) {
    RandomEngine engine(54);
    for (const std::size_t n : {6U, 60U}) {
        const Matrix x = testing::random_matrix(n, 7, engine);
        Matrix y = testing::random_matrix(n, 5, engine);
        for (std::size_t r = 0; r < n; ++r) y(r, 0) += 2 * x(r, 1);
        const MatrixF64 k = multiply(to_f64(x), Op::plain, to_f64(x), Op::transposed);
        const MatrixF64 l = multiply(to_f64(y), Op::plain, to_f64(y), Op::transposed);
        const double want = naive_hsic(k, l) / std::sqrt(naive_hsic(k, k) * naive_hsic(l, l));
        EXPECT_NEAR(cka(x, y, kRaw), want, 1e-4);
    }
}

TEST(Cka, FillsATableOfAllLayerPairs) {
    RandomEngine engine(55);
    const Matrix a = testing::random_matrix(40, 6, engine);
    const Matrix b = testing::random_matrix(40, 9, engine);
    const MatrixView sources[] = {a, b};
    const MatrixView targets[] = {b, a, b};
    const MatrixF64 table = linear_cka(sources, targets);
    ASSERT_EQ(table.rows(), 2U);
    ASSERT_EQ(table.cols(), 3U);
    EXPECT_NEAR(table(0, 1), 1, 1e-5);
    EXPECT_NEAR(table(1, 0), 1, 1e-5);
    EXPECT_NEAR(table(0, 0), table(0, 2), 1e-12);
    EXPECT_LT(table(0, 0), 0.5);
}

TEST(Cka, RowsThatAreAllAlikeResembleNothing) {
    RandomEngine engine(56);
    Matrix constant(30, 4);
    for (std::size_t i = 0; i < 120; ++i) constant.data()[i] = 0.1F;
    EXPECT_EQ(cka(constant, testing::random_matrix(30, 4, engine)), 0.0);
}

TEST(Cka, RefusesWhatCannotBeCompared) {
    EXPECT_THROW((void)cka(Matrix(10, 2), Matrix(9, 2)), Error);
    EXPECT_THROW((void)cka(Matrix(3, 2), Matrix(3, 2)), Error);
    Matrix broken(10, 2);
    broken(4, 1) = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW((void)cka(Matrix(10, 2), broken), Error);
}

}  // namespace
}  // namespace contrans
