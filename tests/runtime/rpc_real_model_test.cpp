// A real quantised model through ggml-rpc-servers.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/runtime/engine.h"
#include "contrans/runtime/generator.h"
#include "gtest/gtest.h"
#include "tests/rpc_server.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::LocalRpcServer;

// Weights are quantised, so a last bit that differs in a state may move a rounding of the next product, and the cache
// holds f16: DESIGN §4 finds 0.2% of the norm between two splits of one batch. Measured here: see docs/rpc.md.
constexpr double kTolerance = 0.005;

double distance(std::span<const float> a, std::span<const float> b) {
    double error = 0;
    double length = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        length += std::pow(static_cast<double>(b[i]), 2);
    }
    return std::sqrt(error / length);
}

struct Reading {
    std::vector<std::vector<float>> states;  // per layer, all rows
    std::vector<float> logits;               // of the last row
};

Reading read(const std::shared_ptr<const Model>& model, const std::vector<Token>& tokens,
             const std::shared_ptr<const SteeringPlan>& plan) {
    Engine engine(model, {.batch_tokens = 64, .context_tokens = 64, .sequences = 2, .logit_rows = 64, .threads = 1});
    std::vector<BatchRow> rows;
    for (const Token token : tokens) rows.push_back({token, rows.size(), {0}, true, plan});
    std::vector<LayerIndex> layers;
    for (std::size_t layer = 0; layer < model->n_layers(); ++layer) layers.push_back(LayerIndex{layer});
    Reading reading{std::vector<std::vector<float>>(layers.size()), {}};
    engine.decode(rows, layers, [&](LayerIndex layer, MatrixView points, std::span<const std::size_t>) {
        reading.states[layer.value].assign(points.data, points.data + points.rows * points.cols);
    });
    const auto logits = engine.logits(rows.size() - 1);
    reading.logits.assign(logits.begin(), logits.end());
    return reading;
}

/// As long as the median state of the layer, in a direction of its own.
std::shared_ptr<const SteeringPlan> strong_plan(const Reading& unsteered, std::size_t layer, std::size_t width) {
    const std::vector<float>& states = unsteered.states[layer];
    return std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{
        {LayerIndex{layer}, {states.end() - static_cast<std::ptrdiff_t>(width), states.end()}}});
}

class SmolLm2ThroughServers : public ::testing::TestWithParam<std::size_t> {
protected:
    [[nodiscard]] std::shared_ptr<const Model> load() const {
        ModelOptions options;
        for (std::size_t i = 0; i < GetParam(); ++i) options.rpc_servers.push_back(servers_[i].address());
        return Model::load(testing::real_smollm2()->file(), options);
    }

    LocalRpcServer servers_[2];
};

INSTANTIATE_TEST_SUITE_P(One, SmolLm2ThroughServers, ::testing::Values(1));
INSTANTIATE_TEST_SUITE_P(Two, SmolLm2ThroughServers, ::testing::Values(2));

TEST_P(SmolLm2ThroughServers, StatesAndSteeredLogitsAreTheLocalOnes) {
    const auto here = testing::real_smollm2();
    const auto there = load();
    const auto tokens = here->tokenizer().tokenise("The Danube rises in the Black Forest and flows east.");
    const Reading unsteered = read(here, tokens, nullptr);
    for (const auto& plan : {std::shared_ptr<const SteeringPlan>(), strong_plan(unsteered, 12, here->d_model()),
                             strong_plan(unsteered, 22, here->d_model())}) {
        const Reading local = read(here, tokens, plan);
        const Reading remote = read(there, tokens, plan);
        double largest = 0;
        for (std::size_t layer = 0; layer < local.states.size(); ++layer) {
            largest = std::max(largest, distance(remote.states[layer], local.states[layer]));
        }
        const double of_logits = distance(remote.logits, local.logits);
        RecordProperty("states", std::to_string(largest));
        RecordProperty("logits", std::to_string(of_logits));
        std::cout << "relative distance: states " << largest << ", logits " << of_logits << '\n';
        EXPECT_LT(largest, kTolerance);
        EXPECT_LT(of_logits, kTolerance);
        EXPECT_EQ(testing::likeliest(remote.logits), testing::likeliest(local.logits));
        EXPECT_TRUE(!plan || distance(local.logits, unsteered.logits) > 0.05);
    }
}

TEST_P(SmolLm2ThroughServers, WritesTheSameWords) {
    const GenerationRequest request{testing::real_smollm2()->tokenizer().tokenise("The capital of France is"), nullptr};
    EXPECT_EQ(generate(load(), {&request, 1}, {.max_tokens = 6}, 1, {}),
              generate(testing::real_smollm2(), {&request, 1}, {.max_tokens = 6}, 1, {}));
}

}  // namespace
}  // namespace contrans
