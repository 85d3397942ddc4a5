#include "contrans/mapping/ridge_solver.h"

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/svd.h"
#include "tests/core/expect_error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

constexpr double kCutoff = 1e-10;

MatrixF64 solve_one(const RidgeSolver& solver, const MatrixF64& right, double penalty) {
    return solver.solve({right}, penalty).front();
}

double mean_eigenvalue(const MatrixF64& gram) {
    double sum = 0;
    for (std::size_t i = 0; i < gram.rows(); ++i) sum += gram(i, i);
    return sum / static_cast<double>(gram.rows());
}

/// (G + p·m·I)·B, which must be C.
MatrixF64 multiplied_back(MatrixF64 gram, const MatrixF64& solution, double penalty) {
    const double mean = mean_eigenvalue(gram);
    for (std::size_t i = 0; i < gram.rows(); ++i) gram(i, i) += penalty * mean;
    return multiply(gram, Op::plain, solution, Op::plain);
}

TEST(RidgeSolver, SolvesAtAnyPenaltyBesideAMassiveDimension) {
    RandomEngine engine(41);
    MatrixF64 x = testing::random_matrix_f64(40, 6, engine);
    for (std::size_t r = 0; r < 40; ++r) x(r, 2) *= 1000;
    const MatrixF64 gram = self_product(x, Op::transposed);
    const MatrixF64 right = testing::random_matrix_f64(6, 3, engine);
    const RidgeSolver solver(gram, kCutoff);
    EXPECT_EQ(solver.rank(), 6U);
    for (const double penalty : {0.0, 1e-6, 0.1, 10.0}) {
        const MatrixF64 back = multiplied_back(gram, solve_one(solver, right, penalty), penalty);
        EXPECT_TRUE(all_close(flat(back), flat(right), 1e-9, 1e-9)) << penalty;
    }
}

TEST(RidgeSolver, BelowFullRankIsTheOneOfMinimumNorm) {
    RandomEngine engine(42);
    const MatrixF64 x = testing::random_matrix_f64(5, 8, engine);
    const MatrixF64 y = testing::random_matrix_f64(5, 2, engine);
    const RidgeSolver solver(self_product(x, Op::transposed), kCutoff);
    EXPECT_EQ(solver.rank(), 5U);
    const MatrixF64 got = solve_one(solver, multiply(x, Op::transposed, y, Op::plain), 0);
    ThinSvd svd = thin_svd(x);  // X⁺·Y = V·S⁻¹·Uᵀ·Y
    for (std::size_t i = 0; i < 5; ++i) {
        for (double& value : svd.vt.row(i)) value /= svd.values[i];
    }
    const MatrixF64 want = multiply(svd.vt, Op::transposed, multiply(svd.u, Op::transposed, y, Op::plain), Op::plain);
    EXPECT_TRUE(all_close(flat(got), flat(want), 1e-9, 1e-9));
}

TEST(RidgeSolver, ADimensionTwiceIsNoFullRankAndSharesItsWeight) {
    RandomEngine engine(43);
    MatrixF64 x = testing::random_matrix_f64(40, 5, engine);
    for (std::size_t r = 0; r < 40; ++r) x(r, 4) = x(r, 1);
    const MatrixF64 gram = self_product(x, Op::transposed);
    const RidgeSolver solver(gram, kCutoff);
    EXPECT_EQ(solver.rank(), 4U);
    MatrixF64 right(5, 1);
    for (std::size_t i = 0; i < 5; ++i) right(i, 0) = gram(i, 1);
    const MatrixF64 weights = solve_one(solver, right, 0);
    EXPECT_NEAR(weights(1, 0), 0.5, 1e-9);
    EXPECT_NEAR(weights(4, 0), 0.5, 1e-9);
}

// What f32 states differ by in rounding is no dimension of its own.
TEST(RidgeSolver, ADimensionNearlyTwiceIsNoFullRank) {
    RandomEngine engine(44);
    MatrixF64 x = testing::random_matrix_f64(40, 5, engine);
    for (std::size_t r = 0; r < 40; ++r) x(r, 4) = x(r, 1) + 1e-6 * testing::normal(engine);
    EXPECT_EQ(RidgeSolver(self_product(x, Op::transposed), kCutoff).rank(), 4U);
}

TEST(RidgeSolver, RowsAllAlikeAreRefused) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::numeric, {"source rows", "all alike"},
                                      [] { const RidgeSolver solver(MatrixF64(3, 3), kCutoff); }));
}

}  // namespace
}  // namespace contrans
