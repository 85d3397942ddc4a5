#include "contrans/linalg/cholesky.h"

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

TEST(Cholesky, SolvesForEveryRow) {
    RandomEngine engine(10);
    const MatrixF64 a = testing::random_matrix_f64(30, 8, engine);
    const MatrixF64 s = multiply(a, Op::transposed, a, Op::plain);
    const MatrixF64 x = testing::random_matrix_f64(3, 8, engine);
    const MatrixF64 solved = cholesky_solve(s, multiply(x, Op::plain, s, Op::plain));
    EXPECT_TRUE(testing::all_close(testing::flat(solved), testing::flat(x), 1e-11, 1e-11));
}

TEST(Cholesky, SaysWhichPivotIsNotPositive) {
    MatrixF64 s(3, 3);
    s(0, 0) = 1;
    s(1, 1) = -1;
    s(2, 2) = 1;
    try {
        (void)cholesky_solve(s, MatrixF64(1, 3));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::numeric);
        EXPECT_NE(std::string(error.what()).find("pivot 2"), std::string::npos) << error.what();
    }
}

TEST(Cholesky, AFactorServesSeveralRightSides) {
    RandomEngine engine(11);
    const MatrixF64 s = self_product(testing::random_matrix_f64(30, 8, engine), Op::transposed);
    const CholeskyFactor factor(s);
    for (const std::size_t m : {1U, 3U, 20U}) {
        const MatrixF64 x = testing::random_matrix_f64(8, m, engine);
        const MatrixF64 solved = factor.solve(multiply(s, Op::plain, x, Op::plain));
        EXPECT_TRUE(testing::all_close(testing::flat(solved), testing::flat(x), 1e-11, 1e-11));
    }
    EXPECT_THROW((void)factor.solve(MatrixF64(7, 2)), Error);
}

TEST(Cholesky, LeastPivotIsWhatADimensionHasOfItsOwn) {
    MatrixF64 s(2, 2);
    s(0, 0) = s(1, 1) = 1;
    s(0, 1) = s(1, 0) = 0.6;
    EXPECT_NEAR(CholeskyFactor(s).least_pivot(), 0.64, 1e-14);
}

TEST(Cholesky, RefusesShapesThatDisagree) {
    EXPECT_THROW((void)CholeskyFactor(MatrixF64(3, 2)), Error);
    EXPECT_THROW((void)CholeskyFactor(MatrixF64()), Error);
    EXPECT_THROW((void)cholesky_solve(MatrixF64(3, 3), MatrixF64(3, 2)), Error);
}

}  // namespace
}  // namespace contrans
