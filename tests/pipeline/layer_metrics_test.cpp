#include "contrans/pipeline/layer_metrics.h"

#include "contrans/pipeline/target_spread.h"
#include "gtest/gtest.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::tiny_target_model;

TEST(LayerMetrics, are_of_the_states_that_spread_is_measured_on) {
    const auto texts = testing::neutral(1);
    const std::vector<LayerIndex> layers = {LayerIndex{1}, LayerIndex{3}};
    const LayerMetrics metrics = measure_metrics(tiny_target_model(), texts, layers, 1, {});
    ASSERT_EQ(metrics.size(), 2U);
    for (const LayerSpread& spread : measure_spread(tiny_target_model(), texts, layers, 1, {})) {
        const WhitenedMetric& metric = metrics.at(spread.layer);
        EXPECT_EQ(metric.rows(), spread.deviations.rows());
        EXPECT_NEAR(metric.sigma() / spread.sigma, 1, 1e-6);
        EXPECT_GT(metric.shrinkage(), 0);
        EXPECT_LT(metric.shrinkage(), 1);
        // The states' own mean square length in the metric is about their number of dimensions, at most.
        const MatrixF64 gram = metric.gram(spread.deviations);
        double mean = 0;
        for (std::size_t r = 0; r < gram.rows(); ++r) mean += gram(r, r) / static_cast<double>(gram.rows());
        EXPECT_GT(mean, 0.3 * 96);
        EXPECT_LT(mean, 96);
    }
}

TEST(LayerMetrics, of_no_layer_need_no_reading) {
    EXPECT_TRUE(measure_metrics(tiny_target_model(), {}, {}, 1, {}).empty());
}

}  // namespace
}  // namespace contrans
