#include "contrans/mapping/gcv.h"

#include <cmath>
#include <limits>

#include "contrans/linalg/cholesky.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/symmetric_eigen.h"
#include "contrans/mapping/shrinkage.h"
#include "gtest/gtest.h"
#include "tests/linalg/random_matrix.h"

namespace contrans {
namespace {

constexpr std::size_t kRows = 25;
constexpr std::size_t kWidth = 4;

struct Centred {
    MatrixF64 x;
    MatrixF64 y;
};

MatrixF64 centred(const MatrixF64& m) {
    MatrixF64 out = m;
    for (std::size_t c = 0; c < m.cols(); ++c) {
        double mean = 0;
        for (std::size_t r = 0; r < m.rows(); ++r) mean += m(r, c) / static_cast<double>(m.rows());
        for (std::size_t r = 0; r < m.rows(); ++r) out(r, c) -= mean;
    }
    return out;
}

Centred random_rows() {
    RandomEngine engine(31);
    return {centred(testing::random_matrix_f64(kRows, kWidth, engine)),
            centred(testing::random_matrix_f64(kRows, 3, engine))};
}

// By the hat matrix H = 11ᵀ/n + X·(XᵀX + p)⁻¹·Xᵀ, which takes y to its fit.
double by_definition(const Centred& rows, double p) {
    MatrixF64 s = multiply(rows.x, Op::transposed, rows.x, Op::plain);
    for (std::size_t i = 0; i < kWidth; ++i) s(i, i) += p;
    const MatrixF64 h = multiply(rows.x, Op::plain, cholesky_solve(s, rows.x), Op::transposed);
    const MatrixF64 fitted = multiply(h, Op::plain, rows.y, Op::plain);
    double residual = 0;
    double trace = 1;
    for (std::size_t r = 0; r < kRows; ++r) {
        trace += h(r, r);
        for (std::size_t j = 0; j < 3; ++j) residual += std::pow(rows.y(r, j) - fitted(r, j), 2);
    }
    return residual / kRows / std::pow(1 - trace / kRows, 2);
}

TEST(Gcv, IsThatOfTheDefinition) {
    const Centred rows = random_rows();
    const SymmetricEigen eigen = symmetric_eigen(self_product(rows.x, Op::transposed));
    const MatrixF64 projected =
        multiply(eigen.vectors, Op::plain, multiply(rows.x, Op::transposed, rows.y, Op::plain), Op::plain);
    const GcvScore gcv(eigen.values, projected, dot(testing::flat(rows.y), testing::flat(rows.y)), kRows);
    double mean = 0;
    for (const double value : eigen.values) mean += value / kWidth;
    for (const double p : {0.0, 0.1, 1.0, 30.0})
        EXPECT_NEAR(gcv(shrinkage(eigen.values, p / mean, 1e-10)), by_definition(rows, p), 1e-9) << p;
}

TEST(Gcv, IsInfiniteWhereNoRowIsLeftToJudgeBy) {
    const std::vector<double> eigenvalues{1, 2, 3};
    const GcvScore gcv(eigenvalues, MatrixF64(3, 1), 5.0, 4);
    EXPECT_EQ(gcv(shrinkage(eigenvalues, 0, 1e-10)), std::numeric_limits<double>::infinity());
    EXPECT_LT(gcv(shrinkage(eigenvalues, 1, 1e-10)), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace contrans
