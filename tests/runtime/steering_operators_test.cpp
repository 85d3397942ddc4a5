// What the operators do to the residual stream of a model that runs: the state after a steered block is the formula of
// the state without, and nothing else of it changed.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "contrans/linalg/matrix.h"
#include "contrans/runtime/engine.h"
#include "gtest/gtest.h"
#include "tests/matching.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::tiny_source_model;
using Step = SteeringPlan::Step;
using Op = SteeringOperator;

constexpr std::size_t kWidth = 64;

std::vector<float> random_direction(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, 0.5F);
    std::vector<float> direction(kWidth);
    for (float& x : direction) x = normal(random);
    return direction;
}

/// The states after every block, [tokens, d_model] each, every position steered by `steps`.
std::map<std::size_t, Matrix> states_under(const std::vector<Step>& steps) {
    Engine engine(tiny_source_model(),
                  {.batch_tokens = 64, .context_tokens = 64, .sequences = 1, .logit_rows = 64, .threads = 1});
    const auto plan = steps.empty() ? nullptr : std::make_shared<const SteeringPlan>(steps);
    const auto tokens = tiny_source_model()->tokenizer().tokenise("the ship and the bridge");
    std::vector<BatchRow> rows;
    for (std::size_t i = 0; i < tokens.size(); ++i) rows.push_back({tokens[i], i, {0}, true, plan});
    std::map<std::size_t, Matrix> states;
    engine.decode(rows, {LayerIndex{0}, LayerIndex{1}, LayerIndex{2}, LayerIndex{3}},
                  [&](LayerIndex layer, MatrixView points, std::span<const std::size_t>) {
                      Matrix copy(points.rows, points.cols);
                      std::copy_n(points.data, points.rows * points.cols, copy.data());
                      states.emplace(layer.value, std::move(copy));
                  });
    return states;
}

std::vector<double> formula(const Step& step, std::span<const float> h) {
    double vv = 0;
    double hv = 0;
    double hh = 0;
    double ss = 0;
    for (std::size_t i = 0; i < kWidth; ++i) {
        const double x = h[i];
        const double v = step.offset[i];
        vv += v * v;
        hv += x * v;
        hh += x * x;
        ss += (x + v) * (x + v);
    }
    std::vector<double> result(kWidth);
    for (std::size_t i = 0; i < kWidth; ++i) {
        const double x = h[i];
        const double v = step.offset[i];
        if (step.op == Op::add) result[i] = x + v;
        if (step.op == Op::project_out) result[i] = x - step.amount * hv / vv * v;
        if (step.op == Op::add_keeping_norm) result[i] = std::sqrt(hh / ss) * (x + v);
        if (step.op == Op::clamp) result[i] = x + (step.amount - hv / std::sqrt(vv)) * v / std::sqrt(vv);
    }
    return result;
}

void expect_formula(const Matrix& before, const Matrix& after, const Step& step) {
    for (std::size_t r = 0; r < before.rows(); ++r) {
        const std::vector<double> expected = formula(step, before.row(r));
        const std::vector<float> rounded(expected.begin(), expected.end());
        EXPECT_TRUE(
            testing::all_close(std::span<const float>(after.row(r)), std::span<const float>(rounded), 1e-5, 1e-5))
            << to_string(step.op) << " layer " << step.layer.value << " token " << r;
    }
}

TEST(SteeringOperators, ChangeTheStreamByTheirFormulasAtEveryBlock) {
    const auto unsteered = states_under({});
    for (const std::size_t layer : {0U, 2U, 3U}) {
        for (const Op op : {Op::add, Op::project_out, Op::add_keeping_norm, Op::clamp}) {
            const Step step{LayerIndex{layer}, random_direction(9), op, 0.75, std::nullopt};
            expect_formula(unsteered.at(layer), states_under({step}).at(layer), step);
        }
    }
}

TEST(SteeringOperators, ActAtSeveralLayersEachOnWhatTheOneBelowLeft) {
    const Step low{LayerIndex{1}, random_direction(1), Op::add, 1, std::nullopt};
    const Step high{LayerIndex{3}, random_direction(2), Op::clamp, 2, std::nullopt};
    const auto with_low = states_under({low});
    const auto with_both = states_under({low, high});
    expect_formula(states_under({}).at(1), with_both.at(1), low);
    expect_formula(with_low.at(3), with_both.at(3), high);
}

TEST(SteeringOperators, AGateOpensTokenByToken) {
    const auto unsteered = states_under({});
    const std::vector<float> gate = random_direction(4);
    std::vector<double> signals;
    double norm = 0;
    for (const float g : gate) norm += static_cast<double>(g) * static_cast<double>(g);
    for (std::size_t r = 0; r < unsteered.at(2).rows(); ++r) {
        double signal = 0;
        for (std::size_t i = 0; i < kWidth; ++i) {
            signal += static_cast<double>(unsteered.at(2)(r, i)) * static_cast<double>(gate[i]);
        }
        signals.push_back(signal / std::sqrt(norm));
    }
    std::vector<double> sorted = signals;
    std::sort(sorted.begin(), sorted.end());
    const double threshold = (sorted[sorted.size() / 2] + sorted[sorted.size() / 2 - 1]) / 2;
    const Step step{LayerIndex{2}, random_direction(5), Op::add, 1, SteeringGate{gate, threshold}};
    const auto steered = states_under({step});
    std::size_t open = 0;
    for (std::size_t r = 0; r < signals.size(); ++r) {
        const float added = signals[r] > threshold ? 1.0F : 0.0F;
        open += signals[r] > threshold ? 1U : 0U;
        for (std::size_t i = 0; i < kWidth; ++i) {
            EXPECT_NEAR(steered.at(2)(r, i), unsteered.at(2)(r, i) + added * step.offset[i], 1e-5) << r;
        }
    }
    EXPECT_GT(open, 0U);
    EXPECT_LT(open, signals.size());
}

}  // namespace
}  // namespace contrans
