#include "contrans/runtime/steering.h"

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::throws_error;
using Step = SteeringPlan::Step;
using Op = SteeringOperator;
using Vector = std::vector<float>;

// The formulas of steering.h once more, in f64 and as plainly as they can be written.

double times(const Vector& a, const Vector& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
    return sum;
}
double length(const Vector& a) { return std::sqrt(times(a, a)); }
Vector combined(double x, const Vector& a, double y, const Vector& b) {
    Vector sum(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) sum[i] = static_cast<float>(x * double{a[i]} + y * double{b[i]});
    return sum;
}

Vector expected(const Step& step, const Vector& h) {
    const Vector& v = step.offset;
    const double on_unit = times(h, v) / length(v);  // h·û
    switch (step.op) {
        case Op::add:
            return combined(1, h, 1, v);
        case Op::project_out:
            return combined(1, h, -step.amount * on_unit / length(v), v);
        case Op::add_keeping_norm: {
            const Vector sum = combined(1, h, 1, v);
            return combined(length(h) / length(sum), sum, 0, sum);
        }
        case Op::clamp:
            return combined(1, h, (step.amount - on_unit) / length(v), v);
    }
    return {};
}

Vector random_vector(std::mt19937& random, std::size_t width = 24) {
    std::normal_distribution<float> normal(0.2F, 1.5F);
    Vector vector(width);
    for (float& x : vector) x = normal(random);
    return vector;
}

Vector steered(const std::vector<Step>& steps, Vector h) {
    const SteeringPlan plan(steps);
    steer(plan.steps_at(LayerIndex{2}), h);
    return h;
}

::testing::AssertionResult close(const Vector& a, const Vector& b) {
    return testing::all_close(std::span<const float>(a), std::span<const float>(b), 1e-5, 1e-5);
}

class EachOperator : public ::testing::TestWithParam<Op> {};
INSTANTIATE_TEST_SUITE_P(All, EachOperator,
                         ::testing::Values(Op::add, Op::project_out, Op::add_keeping_norm, Op::clamp),
                         [](const auto& op) { return std::string(to_string(op.param)); });

TEST_P(EachOperator, FollowsItsFormula) {
    std::mt19937 random(3);
    for (const double amount : {0.0, 0.4, 1.0}) {
        const Vector h = random_vector(random);
        const Step step{LayerIndex{2}, random_vector(random), GetParam(), amount, std::nullopt};
        EXPECT_TRUE(close(steered({step}, h), expected(step, h))) << amount;
    }
}

TEST_P(EachOperator, ActsWhereItsGateIsOpenAlone) {
    std::mt19937 random(4);
    const Vector h = random_vector(random);
    const Vector gate = random_vector(random);
    const double signal = times(h, gate) / length(gate);
    Step step{LayerIndex{2}, random_vector(random), GetParam(), 0.5, SteeringGate{gate, signal - 0.01}};
    EXPECT_TRUE(close(steered({step}, h), expected(step, h)));
    step.gate->threshold = signal + 0.01;
    EXPECT_EQ(steered({step}, h), h);
}

TEST(Steering, ClampSetsTheProjectionAndLeavesTheRest) {
    std::mt19937 random(5);
    const Vector h = random_vector(random);
    const Vector v = random_vector(random);
    const Vector after = steered({{LayerIndex{2}, v, Op::clamp, -7, std::nullopt}}, h);
    EXPECT_NEAR(times(after, v) / length(v), -7, 1e-4);
    const Vector across = combined(1, v, -times(v, h) / times(h, h), h);  // of v, what is square to h
    const Vector moved = combined(1, after, -1, h);
    EXPECT_NEAR(times(moved, v) / length(moved) / length(v), times(moved, v) < 0 ? -1 : 1, 1e-4);
}

TEST(Steering, KeepingTheNormKeepsIt) {
    std::mt19937 random(6);
    const Vector h = random_vector(random);
    EXPECT_NEAR(length(steered({{LayerIndex{2}, random_vector(random), Op::add_keeping_norm}}, h)), length(h), 1e-4);
}

TEST(Steering, StepsOfALayerActInTheirOrder) {
    std::mt19937 random(7);
    const Vector h = random_vector(random);
    const Step first{LayerIndex{2}, random_vector(random), Op::add, 1, std::nullopt};
    const Step second{LayerIndex{2}, random_vector(random), Op::project_out, 1, std::nullopt};
    const Step third{LayerIndex{2}, random_vector(random), Op::add_keeping_norm, 1, std::nullopt};
    EXPECT_TRUE(close(steered({first, second, third}, h), expected(third, expected(second, expected(first, h)))));
    EXPECT_FALSE(close(steered({second, first, third}, h), expected(third, expected(second, expected(first, h)))));
}

TEST(Steering, GatesLookAtTheStateBeforeAnyStep) {
    std::mt19937 random(8);
    const Vector h = random_vector(random);
    const Vector v = random_vector(random);
    // After the first step the projection would be far beyond the threshold.
    const Step first{LayerIndex{2}, combined(50, v, 0, v), Op::add, 1, std::nullopt};
    const Step gated{LayerIndex{2}, v, Op::project_out, 1, SteeringGate{v, times(h, v) / length(v) + 1}};
    EXPECT_TRUE(close(steered({first, gated}, h), expected(first, h)));
}

TEST(SteeringPlan, SortsItsLayers) {
    const SteeringPlan plan({{LayerIndex{5}, {1, 2}}, {LayerIndex{2}, {3, 4}}});
    EXPECT_EQ(plan.deepest_layer(), LayerIndex{5});
    EXPECT_EQ(plan.width(), 2U);
    EXPECT_EQ(plan.steps().front().layer, LayerIndex{2});
    ASSERT_EQ(plan.steps_at(LayerIndex{5}).size(), 1U);
    EXPECT_EQ(plan.steps_at(LayerIndex{5})[0].offset[1], 2);
    EXPECT_TRUE(plan.steps_at(LayerIndex{3}).empty());
}

TEST(SteeringPlan, NeighboursThatOnlyAddBecomeOne) {
    const Step add{LayerIndex{2}, {1, 2}};
    const Step more{LayerIndex{2}, {3, 5}};
    const Step gated{LayerIndex{2}, {1, 1}, Op::add, 1, SteeringGate{{1, 0}, 0}};
    const Step out{LayerIndex{2}, {3, 4}, Op::project_out, 1, std::nullopt};
    const SteeringPlan merged({add, {LayerIndex{1}, {9, 9}}, more});
    ASSERT_EQ(merged.steps_at(LayerIndex{2}).size(), 1U);
    EXPECT_EQ(merged.steps_at(LayerIndex{2})[0].offset, (Vector{4, 7}));
    EXPECT_EQ(SteeringPlan({add, gated, more}).steps().size(), 3U);
    EXPECT_EQ(SteeringPlan({add, out, more}).steps().size(), 3U);
}

TEST(SteeringPlan, OneDigestMeansTheSameSteering) {
    const Step step{LayerIndex{2}, {1, 2}, Op::project_out, 0.5, SteeringGate{{0, 1}, 3}};
    const auto digest = [](Step one) { return SteeringPlan({std::move(one)}).digest(); };
    EXPECT_EQ(digest(step), digest(step));
    EXPECT_EQ(digest(step).size(), 64U);
    const auto differs = [&](auto change) {
        Step other = step;
        change(other);
        EXPECT_NE(digest(step), digest(other));
    };
    differs([](Step& s) { s.layer = LayerIndex{3}; });
    differs([](Step& s) { s.offset = {2, 2}; });
    differs([](Step& s) { s.op = Op::clamp; });
    differs([](Step& s) { s.amount = 0.25; });
    differs([](Step& s) { s.gate->threshold = 2; });
    differs([](Step& s) { s.gate->direction = {1, 0}; });
    differs([](Step& s) { s.gate.reset(); });
}

TEST(SteeringPlan, RefusesWhatCannotBeDone) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto refuses = [](ErrorKind kind, const std::vector<std::string>& parts, std::vector<Step> steps) {
        EXPECT_TRUE(throws_error(kind, parts, [&] { SteeringPlan plan(std::move(steps)); }));
    };
    refuses(ErrorKind::argument, {"at least one layer"}, {});
    refuses(ErrorKind::argument, {"layer 3", "width 2"}, {{LayerIndex{2}, {1}}, {LayerIndex{3}, {1, 2}}});
    refuses(ErrorKind::numeric, {"layer 2", "finite"}, {{LayerIndex{2}, {1, nan}}});
    refuses(ErrorKind::argument, {"layer 2", "0 to 1", "1.5"}, {{LayerIndex{2}, {1}, Op::project_out, 1.5}});
    refuses(ErrorKind::numeric, {"layer 2", "length"}, {{LayerIndex{2}, {0, 0}, Op::clamp, 1}});
    refuses(ErrorKind::numeric, {"layer 2", "finite"}, {{LayerIndex{2}, {1}, Op::clamp, double{nan}}});
    refuses(ErrorKind::argument, {"layer 2", "width 1"}, {{LayerIndex{2}, {1, 1}, Op::add, 1, SteeringGate{{1}, 0}}});
}

}  // namespace
}  // namespace contrans
