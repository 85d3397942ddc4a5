#include "contrans/mapping/held_out_score.h"

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/linalg/random_matrix.h"

namespace contrans {
namespace {

constexpr std::size_t kRows = 7;
constexpr std::size_t kSource = 4;
constexpr std::size_t kTarget = 3;

struct Sums {
    MatrixF64 x;
    MatrixF64 y;
    MatrixF64 projected;
    std::vector<double> weights{0.5, 0.0, 2.0};
};

Sums random_sums() {
    RandomEngine engine(32);
    return {testing::random_matrix_f64(kRows, kSource, engine), testing::random_matrix_f64(kRows, kTarget, engine),
            testing::random_matrix_f64(kSource, kTarget, engine)};
}

HeldOutScore score_of(const Sums& s) {
    std::vector<double> squares(kTarget);
    for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t j = 0; j < kTarget; ++j) squares[j] += s.y(r, j) * s.y(r, j);
    }
    return {s.projected, self_product(s.x, Op::transposed), multiply(s.x, Op::transposed, s.y, Op::plain), squares,
            s.weights};
}

double row_by_row(const Sums& s, std::span<const double> d) {
    double error = 0;
    for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t j = 0; j < kTarget; ++j) {
            double e = s.y(r, j);
            for (std::size_t i = 0; i < kSource; ++i) e -= s.x(r, i) * d[i] * s.projected(i, j);
            error += s.weights[j] * e * e;
        }
    }
    return 1 - error;
}

TEST(HeldOutScore, IsTheWeightedErrorOfTheRows) {
    const Sums s = random_sums();
    const std::vector<double> d{0.3, 1.0, 0.0, 0.7};
    EXPECT_NEAR(score_of(s)(d), row_by_row(s, d), 1e-10);
}

TEST(HeldOutScore, OfAWholePathIsThatOfEach) {
    const Sums s = random_sums();
    RandomEngine engine(33);
    const MatrixF64 path = testing::random_matrix_f64(5, kSource, engine);
    const std::vector<double> scores = score_of(s)(path);
    ASSERT_EQ(scores.size(), 5U);
    for (std::size_t n = 0; n < 5; ++n) EXPECT_NEAR(scores[n], row_by_row(s, path.view().row(n)), 1e-10);
}

}  // namespace
}  // namespace contrans
