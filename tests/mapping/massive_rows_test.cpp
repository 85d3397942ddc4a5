#include "contrans/mapping/massive_rows.h"

#include "gtest/gtest.h"
#include "tests/linalg/random_matrix.h"

namespace contrans {
namespace {

Matrix with_long_rows(const std::vector<std::size_t>& rows, float factor) {
    RandomEngine engine(5);
    Matrix states = testing::random_matrix(50, 16, engine);
    for (const std::size_t row : rows) {
        for (float& x : states.row(row)) x *= factor;
    }
    return states;
}

TEST(MassiveRows, AreThoseFarLongerThanTheMedian) {
    EXPECT_EQ(massive_rows(with_long_rows({3, 40}, 30)), (std::vector<std::size_t>{3, 40}));
    EXPECT_EQ(massive_rows(with_long_rows({3, 40}, 2)), std::vector<std::size_t>{});
    EXPECT_EQ(massive_rows(Matrix(0, 4)), std::vector<std::size_t>{});
}

TEST(MassiveRows, ALargeUnitOfStatesMakesNone) {
    Matrix states = with_long_rows({}, 1);
    for (std::size_t i = 0; i < 50 * 16; ++i) states.data()[i] *= 1e6F;
    EXPECT_EQ(massive_rows(states), std::vector<std::size_t>{});
}

TEST(MassiveRows, OneLayerIsEnoughToLeaveARowOut) {
    const Matrix low = with_long_rows({3}, 30);
    const Matrix high = with_long_rows({40}, 30);
    const std::vector<MatrixView> layers = {low, high};
    const std::vector<std::size_t> ordinary = ordinary_rows(layers);
    EXPECT_EQ(ordinary.size(), 48U);
    for (const std::size_t row : ordinary) EXPECT_TRUE(row != 3 && row != 40);
}

TEST(MassiveRows, AreCountedAtEachLayer) {
    const Matrix low = with_long_rows({3}, 30);
    const Matrix high = with_long_rows({3, 40}, 30);
    const std::vector<MatrixView> layers = {low, high};
    EXPECT_EQ(mask_rows(layers).massive, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(mask_rows(layers).ordinary, ordinary_rows(layers));
}

}  // namespace
}  // namespace contrans
