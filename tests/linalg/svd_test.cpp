#include "contrans/linalg/svd.h"

#include <algorithm>
#include <functional>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

void expect_rebuilds(std::size_t m, std::size_t n) {
    RandomEngine engine(12);
    const MatrixF64 x = testing::random_matrix_f64(m, n, engine);
    const ThinSvd svd = thin_svd(x);
    ASSERT_EQ(svd.u.rows(), m);
    ASSERT_EQ(svd.vt.cols(), n);
    EXPECT_TRUE(std::ranges::is_sorted(svd.values, std::greater<>{}));
    MatrixF64 scaled = svd.vt;
    for (std::size_t i = 0; i < scaled.rows(); ++i) {
        for (double& v : scaled.row(i)) v *= svd.values[i];
    }
    const MatrixF64 rebuilt = multiply(svd.u, Op::plain, scaled, Op::plain);
    EXPECT_TRUE(testing::all_close(testing::flat(rebuilt), testing::flat(x), 1e-12, 1e-12));
}

TEST(ThinSvd, RebuildsTallWideAndSquare) {
    expect_rebuilds(9, 4);
    expect_rebuilds(4, 9);
    expect_rebuilds(5, 5);
}

TEST(ThinSvd, RefusesAnEmptyMatrix) { EXPECT_THROW((void)thin_svd(MatrixF64()), Error); }

}  // namespace
}  // namespace contrans
