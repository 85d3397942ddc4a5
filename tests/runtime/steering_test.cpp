#include "contrans/runtime/steering.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(SteeringPlan, SortsItsLayers) {
    const SteeringPlan plan({{LayerIndex{5}, {1, 2}}, {LayerIndex{2}, {3, 4}}});
    EXPECT_EQ(plan.deepest_layer(), LayerIndex{5});
    EXPECT_EQ(plan.steps().front().layer, LayerIndex{2});
    EXPECT_EQ(plan.offset_at(LayerIndex{5})[1], 2);
    EXPECT_TRUE(plan.offset_at(LayerIndex{3}).empty());
}

TEST(SteeringPlan, RefusesWhatCannotBeAdded) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"at least one layer"}, [] { SteeringPlan plan({}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 2", "twice"}, [] {
        SteeringPlan plan({{LayerIndex{2}, {1}}, {LayerIndex{2}, {1}}});
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 3", "width 2"}, [] {
        SteeringPlan plan({{LayerIndex{2}, {1}}, {LayerIndex{3}, {1, 2}}});
    }));
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"layer 2", "finite"}, [&] {
        SteeringPlan plan({{LayerIndex{2}, {1, nan}}});
    }));
}

}  // namespace
}  // namespace contrans
