#include "contrans/pipeline/interference.h"

#include <memory>
#include <vector>

#include "contrans/evaluation/scoring.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;
using testing::tiny_target_model;

InterferenceRequest request() { return {.neutral = testing::neutral(2), .threads = 1}; }

TaskedVector vector_at(LayerIndex layer, std::size_t dimension, float length) {
    TaskedVector each;
    each.vector.name = "v" + std::to_string(dimension);
    each.vector.target = tiny_target_model()->identity();
    each.vector.layers = {{layer, std::vector<float>(96), 0.5, 0, 0}};
    each.vector.layers[0].offset[dimension] = length;
    return each;
}

double value_under(const Task& task, const std::vector<SteeringPlan::Step>& steps) {
    TaskScorer scorer(tiny_target_model(), task, 1);
    const auto plan = steps.empty() ? nullptr : std::make_shared<const SteeringPlan>(steps);
    double sum = 0;
    for (const double v : item_values(Metric::choice, task, scorer.score_all(plan, {}))) sum += v;
    return sum / static_cast<double>(task.items.size());
}

TEST(Interference, is_what_a_scorer_and_a_meter_of_their_own_say) {
    std::vector<TaskedVector> vectors = {vector_at(LayerIndex{2}, 3, 6), vector_at(LayerIndex{2}, 50, -4),
                                         vector_at(LayerIndex{3}, 7, 5)};
    vectors[1].task = testing::task(2);
    const InterferenceReport got = measure_interference(tiny_target_model(), vectors, request(), {});
    ASSERT_EQ(got.tasks.size(), 1U);
    EXPECT_EQ(got.tasks[0].vector, 1U);
    EXPECT_EQ(got.tasks[0].task, "task-2");
    EXPECT_EQ(got.tasks[0].metric, "choice");
    EXPECT_EQ(got.tasks[0].n, testing::kItems);
    std::vector<float> sum = vectors[0].vector.layers[0].offset;
    sum[50] = -4;
    const std::vector<SteeringPlan::Step> together = {{LayerIndex{2}, sum},
                                                      {LayerIndex{3}, vectors[2].vector.layers[0].offset}};
    // One item may tie differently in another batch.
    const double tolerance = 1.0 / testing::kItems + 1e-9;
    const Task& task = *vectors[1].task;
    EXPECT_NEAR(got.tasks[0].none.value, value_under(task, {}), tolerance);
    EXPECT_NEAR(got.tasks[0].alone.value, value_under(task, {{LayerIndex{2}, vectors[1].vector.layers[0].offset}}),
                tolerance);
    EXPECT_NEAR(got.tasks[0].together.value, value_under(task, together), tolerance);

    DamageMeter meter(tiny_target_model(), testing::neutral(2), {.threads = 1}, {});
    const auto plan = std::make_shared<const SteeringPlan>(together);
    ASSERT_EQ(got.alone.size(), 3U);
    EXPECT_NEAR(got.together.kl_nats / meter.measure({&plan, 1}, {})[0].kl_nats, 1, 0.01);
    for (const Damage& damage : got.alone) EXPECT_GT(damage.kl_nats, 0);
}

TEST(Interference, a_gain_under_the_least_has_no_ratio) {
    std::vector<TaskedVector> vectors = {vector_at(LayerIndex{2}, 3, 1e-6F), vector_at(LayerIndex{2}, 50, 1e-6F)};
    vectors[0].task = testing::task(2);
    const InterferenceReport got = measure_interference(tiny_target_model(), vectors, request(), {});
    EXPECT_FALSE(got.tasks[0].gain_ratio.value);
    EXPECT_NEAR(got.together.kl_nats, 0, 1e-5);
}

TEST(Interference, refuses_one_vector_and_vectors_of_another_model) {
    std::vector<TaskedVector> vectors = {vector_at(LayerIndex{2}, 3, 1)};
    const auto refused = [&](ErrorKind kind, const std::vector<std::string>& parts) {
        return throws_error(kind, parts,
                            [&] { (void)measure_interference(tiny_target_model(), vectors, request(), {}); });
    };
    EXPECT_TRUE(refused(ErrorKind::argument, {"two vectors", "1"}));
    vectors.push_back(vector_at(LayerIndex{2}, 4, 1));
    vectors[1].vector.target = testing::tiny_source_model()->identity();
    EXPECT_TRUE(refused(ErrorKind::model, {"v4", "Tiny source", "Tiny target"}));
    vectors[1].vector.target.reset();
    vectors[1].vector.layers[0].offset.resize(64);
    EXPECT_TRUE(refused(ErrorKind::model, {"v4", "64", "96"}));
}

}  // namespace
}  // namespace contrans
