#include "contrans/mapping/affine_map.h"

#include <limits>

#include "contrans/core/error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

AffineMap by_hand() {
    Matrix a(2, 3);
    const float values[] = {1, 2, 3, 0, -1, 4};
    std::copy_n(values, 6, a.data());
    return {a, {10, 20}};
}

TEST(AffineMap, CarriesStatesWithAndDirectionsWithoutTheOffset) {
    const AffineMap map = by_hand();
    EXPECT_EQ(map.d_source(), 3U);
    EXPECT_EQ(map.d_target(), 2U);
    const std::vector<float> x{1, 1, -1};
    EXPECT_EQ(map.map_state(x), (std::vector<float>{10, 15}));
    EXPECT_EQ(map.map_direction(x), (std::vector<float>{0, -5}));
}

TEST(AffineMap, DifferenceOfCarriedStatesIsTheCarriedDirection) {
    RandomEngine engine(41);
    const Matrix a = testing::random_matrix(9, 6, engine);
    const Matrix vectors = testing::random_matrix(3, 9, engine);
    const AffineMap map(a, std::vector<float>(vectors.row(0).begin(), vectors.row(0).end()));
    const std::vector<float> x(vectors.row(1).begin(), vectors.row(1).begin() + 6);
    const std::vector<float> v(vectors.row(2).begin(), vectors.row(2).begin() + 6);
    std::vector<float> sum = x;
    for (std::size_t i = 0; i < 6; ++i) sum[i] += v[i];
    std::vector<float> moved = map.map_state(sum);
    const std::vector<float> start = map.map_state(x);
    for (std::size_t i = 0; i < 9; ++i) moved[i] -= start[i];
    const std::vector<float> carried = map.map_direction(v);
    EXPECT_TRUE((testing::all_close<float, float>(moved, carried, 1e-5, 1e-5)));
}

TEST(AffineMap, RefusesWrongShapesAndValues) {
    EXPECT_THROW(AffineMap(Matrix(2, 3), std::vector<float>(3)), Error);
    EXPECT_THROW(AffineMap(Matrix(), {}), Error);
    Matrix broken(2, 3);
    broken(1, 2) = std::numeric_limits<float>::infinity();
    EXPECT_THROW(AffineMap(broken, std::vector<float>(2)), Error);
    EXPECT_THROW(AffineMap(Matrix(1, 1), {std::numeric_limits<float>::quiet_NaN()}), Error);
    EXPECT_THROW((void)by_hand().map_state(std::vector<float>(2)), Error);
}

}  // namespace
}  // namespace contrans
