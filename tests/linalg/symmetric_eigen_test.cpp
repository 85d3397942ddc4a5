#include "contrans/linalg/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

MatrixF64 random_symmetric(std::size_t d, RandomEngine& engine) {
    const MatrixF64 a = testing::random_matrix_f64(d, d, engine);
    MatrixF64 s(d, d);
    for (std::size_t r = 0; r < d; ++r) {
        for (std::size_t c = 0; c < d; ++c) s(r, c) = a(r, c) + a(c, r);
    }
    return s;
}

TEST(SymmetricEigen, RebuildsTheMatrixFromRowsOfVectors) {
    RandomEngine engine(8);
    const MatrixF64 s = random_symmetric(20, engine);
    const SymmetricEigen eigen = symmetric_eigen(s);
    EXPECT_TRUE(std::ranges::is_sorted(eigen.values));
    MatrixF64 scaled = eigen.vectors;
    for (std::size_t i = 0; i < 20; ++i) {
        for (double& v : scaled.row(i)) v *= eigen.values[i];
    }
    const MatrixF64 rebuilt = multiply(eigen.vectors, Op::transposed, scaled, Op::plain);
    EXPECT_TRUE(all_close(flat(rebuilt), flat(s), 1e-12, 1e-12));
}

TEST(SymmetricEigen, TwoByTwoInClosedForm) {
    MatrixF64 s(2, 2);
    s(0, 0) = s(1, 1) = 2;
    s(0, 1) = s(1, 0) = 1;
    const SymmetricEigen eigen = symmetric_eigen(s);
    EXPECT_NEAR(eigen.values[0], 1, 1e-14);
    EXPECT_NEAR(eigen.values[1], 3, 1e-14);
    EXPECT_NEAR(eigen.vectors(1, 0) * eigen.vectors(1, 1), 0.5, 1e-14);
}

TEST(LargestEigenpair, IsTheLastOfAll) {
    RandomEngine engine(9);
    const MatrixF64 s = random_symmetric(15, engine);
    const SymmetricEigen all = symmetric_eigen(s);
    const EigenPair top = largest_eigenpair(s);
    EXPECT_NEAR(top.value, all.values.back(), 1e-11);
    EXPECT_NEAR(std::abs(dot(std::span<const double>(top.vector), all.vectors.row(14))), 1, 1e-12);
}

TEST(SymmetricEigen, RefusesWhatHasNoDecomposition) {
    EXPECT_THROW((void)symmetric_eigen(MatrixF64(2, 3)), Error);
    EXPECT_THROW((void)symmetric_eigen(MatrixF64()), Error);
    MatrixF64 s(2, 2);
    s(1, 1) = std::numeric_limits<double>::infinity();
    try {
        (void)symmetric_eigen(s);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::numeric);
    }
}

}  // namespace
}  // namespace contrans
