#include "contrans/pipeline/target_spread.h"

#include <cmath>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;
using testing::tiny_target_model;

TEST(TargetSpread, IsTheRootMeanSquareDistanceFromTheMean) {
    const auto texts = testing::neutral(1);
    const auto spreads = measure_spread(tiny_target_model(), texts, {LayerIndex{1}, LayerIndex{3}}, 1, {});
    ASSERT_EQ(spreads.size(), 2U);
    for (const LayerSpread& spread : spreads) {
        // Σ‖h − m‖² = Σ‖h‖² − n‖m‖², over all positions but the first.
        std::vector<double> sum(96, 0.0);
        double squares = 0;
        double n = 0;
        for (const std::string& text : texts) {
            const auto reading =
                testing::RawContext(*tiny_target_model()).read(tiny_target_model()->tokenizer().tokenise(text));
            const Matrix& states = reading.states[spread.layer.value];
            for (std::size_t r = 1; r < states.rows(); ++r) {
                n += 1;
                for (std::size_t c = 0; c < sum.size(); ++c) {
                    sum[c] += static_cast<double>(states(r, c));
                    squares += static_cast<double>(states(r, c)) * static_cast<double>(states(r, c));
                }
            }
        }
        const double length = norm(std::span<const double>(sum)) / n;
        EXPECT_NEAR(spread.sigma / std::sqrt(squares / n - length * length), 1, 1e-3);
        EXPECT_EQ(spread.deviations.rows(), static_cast<std::size_t>(n));
    }
}

TEST(TargetSpread, NeedsTexts) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"two tokens"}, [] {
        (void)measure_spread(testing::tiny_source_model(), std::vector<std::string>{"x"}, {LayerIndex{1}}, 1, {});
    }));
}

TEST(DrawFromCovariance, HasTheLayersOwnCovariance) {
    // Deviations of 4 along one axis, 2 along another and none elsewhere: draws vary as 16 + 16 to 4.
    LayerSpread spread{LayerIndex{1}, 1, Matrix(3, 3)};
    spread.deviations(0, 0) = 4;
    spread.deviations(1, 0) = -4;
    spread.deviations(2, 1) = 2;
    std::mt19937_64 random(1);
    double along = 0;
    double across = 0;
    double product = 0;
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i) {
        const auto draw = draw_from_covariance(spread, random);
        along += static_cast<double>(draw[0] * draw[0]) / kDraws;
        across += static_cast<double>(draw[1] * draw[1]) / kDraws;
        product += static_cast<double>(draw[0] * draw[1]) / kDraws;
        EXPECT_EQ(draw[2], 0);
    }
    EXPECT_NEAR(along, 32, 3);
    EXPECT_NEAR(across, 4, 0.4);
    EXPECT_NEAR(product, 0, 0.8);
}

TEST(DrawIsotropic, FavoursNoAxis) {
    std::mt19937_64 random(1);
    std::vector<double> squares(5, 0.0);
    for (int i = 0; i < 4000; ++i) {
        const auto draw = draw_isotropic(5, random);
        for (std::size_t c = 0; c < 5; ++c) squares[c] += static_cast<double>(draw[c] * draw[c]) / 4000;
    }
    for (const double s : squares) EXPECT_NEAR(s, 1, 0.1);
}

}  // namespace
}  // namespace contrans
