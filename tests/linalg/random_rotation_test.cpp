#include "contrans/linalg/random_rotation.h"

#include <cmath>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

MatrixF64 rotation(std::size_t rows, std::size_t cols, std::uint64_t seed) {
    RandomEngine engine(seed);
    return random_rotation(rows, cols, engine);
}

TEST(RandomRotation, KeepsLengthsAndAngles) {
    for (const std::size_t cols : {std::size_t{7}, std::size_t{12}}) {
        const MatrixF64 r = rotation(7, cols, 3);
        ASSERT_EQ(r.cols(), cols);
        const MatrixF64 product = multiply(r, Op::plain, r, Op::transposed);
        for (std::size_t i = 0; i < 7; ++i) {
            for (std::size_t j = 0; j < 7; ++j) EXPECT_NEAR(product(i, j), i == j ? 1 : 0, 1e-14) << i << " " << j;
        }
    }
}

TEST(RandomRotation, IsTheSeedsOwn) {
    EXPECT_EQ(rotation(5, 8, 1), rotation(5, 8, 1));
    EXPECT_NE(rotation(5, 8, 1), rotation(5, 8, 2));
}

TEST(RandomRotation, FavoursNoDirectionAndNoSign) {
    // Without the sign of R's diagonal LAPACK's first entries would all be of one sign.
    double mean = 0;
    double squares = 0;
    constexpr int kDraws = 2000;
    RandomEngine engine(1);
    for (int i = 0; i < kDraws; ++i) {
        const double first = random_rotation(3, 4, engine)(0, 0);
        mean += first / kDraws;
        squares += first * first / kDraws;
    }
    EXPECT_NEAR(mean, 0, 0.05);
    EXPECT_NEAR(squares, 0.25, 0.02);
}

TEST(RandomRotation, RefusesMoreRowsThanColumns) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"[5, 4]"}, [] { (void)rotation(5, 4, 1); }));
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"[0, 4]"}, [] { (void)rotation(0, 4, 1); }));
}

}  // namespace
}  // namespace contrans
