#include "contrans/mapping/reduced_rank.h"

#include "contrans/linalg/products.h"
#include "contrans/linalg/svd.h"
#include "contrans/mapping/ridge_solver.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

struct Rows {
    MatrixF64 x;
    MatrixF64 y;
};

MatrixF64 cross(const Rows& rows) { return multiply(rows.x, Op::transposed, rows.y, Op::plain); }

MatrixF64 full_rank(const Rows& rows) {
    return RidgeSolver(self_product(rows.x, Op::transposed), 1e-10).solve({cross(rows)}, 0).front();
}

MatrixF64 of_rank(const Rows& rows, std::size_t rank) {
    const MatrixF64 full = full_rank(rows);
    return limit_rank(full, fitted_directions(full, cross(rows)), rank);
}

double squared_error(const Rows& rows, const MatrixF64& coefficients) {
    const MatrixF64 fitted = multiply(rows.x, Op::plain, coefficients, Op::plain);
    double error = 0;
    for (std::size_t i = 0; i < fitted.rows() * fitted.cols(); ++i) {
        const double e = rows.y.data()[i] - fitted.data()[i];
        error += e * e;
    }
    return error;
}

Rows random_rows(std::size_t n, std::uint64_t seed) {
    RandomEngine engine(seed);
    return {testing::random_matrix_f64(n, 6, engine), testing::random_matrix_f64(n, 5, engine)};
}

// Rank k costs exactly what the fitted values' singular values beyond k hold (Eckart and Young).
TEST(ReducedRank, ErrsByTheFittedValuesLeftOutAndNoMore) {
    const Rows rows = random_rows(60, 61);
    const MatrixF64 full = full_rank(rows);
    const ThinSvd svd = thin_svd(multiply(rows.x, Op::plain, full, Op::plain));
    double error = squared_error(rows, full);
    for (std::size_t rank = 5; rank > 0; --rank) {
        EXPECT_NEAR(squared_error(rows, of_rank(rows, rank)), error, 1e-8) << rank;
        error += svd.values[rank - 1] * svd.values[rank - 1];
    }
}

TEST(ReducedRank, AtFullRankChangesNothing) {
    const Rows rows = random_rows(60, 62);
    EXPECT_TRUE(all_close(flat(of_rank(rows, 5)), flat(full_rank(rows)), 1e-10, 1e-10));
}

TEST(ReducedRank, BestRankHasTheLeastErrorOnHeldOutRows) {
    const Rows train = random_rows(60, 63);
    Rows held_out = random_rows(400, 64);
    // A truth in two of the directions that were fitted: all others carry noise.
    held_out.y = multiply(held_out.x, Op::plain, of_rank(train, 2), Op::plain);
    const MatrixF64 full = full_rank(train);
    const MatrixF64 directions = fitted_directions(full, cross(train));
    EXPECT_EQ(best_rank(full, directions, self_product(held_out.x, Op::transposed), cross(held_out)), 2U);
    for (const std::size_t other : {1U, 3U, 4U, 5U})
        EXPECT_GT(squared_error(held_out, of_rank(train, other)), squared_error(held_out, of_rank(train, 2)));
}

TEST(ReducedRank, WithNothingToGainIsOne) {
    const Rows train = random_rows(60, 65);
    Rows held_out = random_rows(400, 66);
    held_out.y = multiply(held_out.x, Op::plain, full_rank(train), Op::plain);
    for (std::size_t i = 0; i < held_out.y.rows() * held_out.y.cols(); ++i) held_out.y.data()[i] *= -1;
    const MatrixF64 full = full_rank(train);
    EXPECT_EQ(best_rank(full, fitted_directions(full, cross(train)), self_product(held_out.x, Op::transposed),
                        cross(held_out)),
              1U);
}

}  // namespace
}  // namespace contrans
