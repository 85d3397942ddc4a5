#include "contrans/runtime/rpc_servers.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/runtime/engine.h"
#include "contrans/runtime/generator.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/matching.h"
#include "tests/rpc_server.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::LocalRpcServer;
using testing::RawContext;
using testing::throws_error;
using testing::tiny_source_file;
using testing::tiny_source_model;

// Server and test run the same f32 kernels on one thread; what differs is where llama.cpp cuts the graph, and so what
// it fuses: the last bits of sums of order 1. Measured: equal bit for bit.
constexpr double kTolerance = 1e-5;

constexpr EngineOptions kSmall{
    .batch_tokens = 128, .context_tokens = 128, .sequences = 4, .logit_rows = 128, .threads = 1};

std::vector<Token> tokens() { return tiny_source_model()->tokenizer().tokenise("the ship and the bridge"); }

std::shared_ptr<const SteeringPlan> plan_at(std::vector<std::size_t> layers) {
    std::vector<SteeringPlan::Step> steps;
    for (const std::size_t layer : layers) {
        steps.push_back({LayerIndex{layer}, std::vector<float>(tiny_source_model()->d_model(), 0.5F)});
        steps.back().offset[layer] = -2;
    }
    return std::make_shared<const SteeringPlan>(std::move(steps));
}

enum class Logits { none, all };

std::vector<BatchRow> rows(Logits logits, const std::shared_ptr<const SteeringPlan>& plan = nullptr) {
    std::vector<BatchRow> made;
    for (const Token token : tokens()) made.push_back({token, made.size(), {0}, logits == Logits::all, plan});
    return made;
}

struct Reading {
    std::vector<std::vector<float>> states;  // per layer
    std::vector<float> logits;
};

/// All layers' states and all rows' logits of an engine of its own.
Reading read(const std::shared_ptr<const Model>& model, const std::vector<BatchRow>& batch) {
    Engine engine(model, kSmall);
    std::vector<LayerIndex> layers;
    for (std::size_t layer = 0; layer < model->n_layers(); ++layer) layers.push_back(LayerIndex{layer});
    Reading reading{std::vector<std::vector<float>>(layers.size()), {}};
    engine.decode(batch, layers, [&](LayerIndex layer, MatrixView points, std::span<const std::size_t>) {
        reading.states[layer.value].assign(points.data, points.data + points.rows * points.cols);
    });
    for (std::size_t row = 0; row < batch.size(); ++row) {
        const auto logits = engine.logits(row);
        reading.logits.insert(reading.logits.end(), logits.begin(), logits.end());
    }
    return reading;
}

::testing::AssertionResult close(std::span<const float> a, std::span<const float> b) {
    return all_close(a, b, kTolerance, 0);
}

void expect_close(const Reading& a, const Reading& b) {
    ASSERT_EQ(a.states.size(), b.states.size());
    for (std::size_t layer = 0; layer < a.states.size(); ++layer) {
        EXPECT_TRUE(close(a.states[layer], b.states[layer])) << "layer " << layer;
    }
    EXPECT_TRUE(close(a.logits, b.logits));
}

std::shared_ptr<const Model> load_through(const std::vector<std::string>& servers,
                                          std::optional<int> gpu_layers = std::nullopt) {
    ModelOptions options;
    options.gpu_layers = gpu_layers;
    options.rpc_servers = servers;
    return Model::load(tiny_source_file(), options);
}

TEST(RpcAddress, IsHostAndPort) {
    EXPECT_EQ(parse_rpc_address("127.0.0.1:50052"), (RpcAddress{"127.0.0.1", 50052}));
    EXPECT_EQ(to_string(parse_rpc_address("box-2.example:1")), "box-2.example:1");
    for (const char* text : {"", ":", "host", "host:", ":50052", "host:0", "host:65536", "host:-1", "host:5x",
                             "[::1]:5", "a b:5", "a:5,b:6"}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"HOST:PORT", '"' + std::string(text) + '"'},
                                 [&] { (void)parse_rpc_address(text); }));
    }
}

TEST(RpcServers, AServerNamedTwiceIsRefused) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"127.0.0.1:5", "twice"}, [] {
        (void)load_through({"127.0.0.1:5", "127.0.0.1:6", "127.0.0.1:5"});
    }));
}

TEST(RpcServers, OneThatCannotBeReachedIsNamedWithWhatToDo) {
    const std::string nowhere = "127.0.0.1:" + std::to_string(testing::free_port());
    EXPECT_TRUE(throws_error(ErrorKind::model, {nowhere, "refused", "start there the ggml-rpc-server"},
                             [&] { (void)load_through({nowhere}); }));
    LocalRpcServer first;
    EXPECT_TRUE(throws_error(ErrorKind::model, {nowhere}, [&] { (void)load_through({first.address(), nowhere}); }));
    EXPECT_TRUE(load_through({first.address()})->offloaded());
}

TEST(RpcServers, OneThatIsGoneSinceTheLastModelIsNamedToo) {
    LocalRpcServer server;
    EXPECT_TRUE(load_through({server.address()})->offloaded());
    server.kill();
    EXPECT_TRUE(throws_error(ErrorKind::model, {server.address()}, [&] { (void)load_through({server.address()}); }));
}

class ThroughServers : public ::testing::TestWithParam<std::size_t> {
protected:
    [[nodiscard]] std::vector<std::string> addresses() const {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < GetParam(); ++i) all.push_back(servers_[i].address());
        return all;
    }

    LocalRpcServer servers_[2];
};

INSTANTIATE_TEST_SUITE_P(One, ThroughServers, ::testing::Values(1));
INSTANTIATE_TEST_SUITE_P(Two, ThroughServers, ::testing::Values(2));

TEST_P(ThroughServers, StatesAndLogitsAreTheLocalOnes) {
    const auto model = load_through(addresses());
    EXPECT_TRUE(model->offloaded());
    expect_close(read(model, rows(Logits::all)), read(tiny_source_model(), rows(Logits::all)));
}

TEST_P(ThroughServers, SteeringActsAsLocally) {
    const auto model = load_through(addresses());
    const Reading unsteered = read(tiny_source_model(), rows(Logits::all));
    for (const std::vector<std::size_t>& layers : {std::vector<std::size_t>{0}, {1, 2}, {3}}) {
        const auto batch = rows(Logits::all, plan_at(layers));
        const Reading local = read(tiny_source_model(), batch);
        EXPECT_FALSE(close(local.logits, unsteered.logits));
        expect_close(read(model, batch), local);
    }
}

TEST_P(ThroughServers, RowsWithoutAPlanAreLeftAlone) {
    const auto model = load_through(addresses());
    auto batch = rows(Logits::all);
    batch[2].steering = batch[4].steering = plan_at({1});
    expect_close(read(model, batch), read(tiny_source_model(), batch));
}

TEST_P(ThroughServers, SomeBlocksMayStayHere) {
    const auto model = load_through(addresses(), 3);
    const auto batch = rows(Logits::all, plan_at({0, 3}));
    expect_close(read(model, batch), read(tiny_source_model(), batch));
}

TEST_P(ThroughServers, TwoModelsShareTheConnections) {
    const auto first = load_through(addresses());
    const auto second = load_through(addresses());
    const auto batch = rows(Logits::all, plan_at({2}));
    expect_close(read(second, batch), read(first, batch));
}

TEST_P(ThroughServers, GeneratesTheSameText) {
    const GenerationRequest request{tokens(), plan_at({1})};
    EXPECT_EQ(generate(load_through(addresses()), {&request, 1}, {.max_tokens = 8}, 1, {}),
              generate(tiny_source_model(), {&request, 1}, {.max_tokens = 8}, 1, {}));
}

// The graph is in several splits, and a stop ends the current one alone: what is behind must not count.
TEST_P(ThroughServers, ObservationAloneStopsAboveTheDeepestLayer) {
    Engine engine(load_through(addresses()), kSmall);
    const Reading local = read(tiny_source_model(), rows(Logits::all));
    for (std::size_t layer = 0; layer < 3; ++layer) {
        engine.forget_all();
        std::vector<std::size_t> seen;
        engine.decode(rows(Logits::none, plan_at({3})), {LayerIndex{layer}},
                      [&](LayerIndex at, MatrixView points, std::span<const std::size_t>) {
                          seen.push_back(at.value);
                          EXPECT_TRUE(close({points.data, points.rows * points.cols}, local.states[at.value]));
                      });
        EXPECT_EQ(seen, std::vector<std::size_t>{layer});
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"read through " + std::to_string(layer + 1)},
                                 [&] { engine.decode(rows(Logits::all)); }));
    }
    engine.forget_all();
    engine.decode(rows(Logits::all));
    EXPECT_TRUE(close(engine.logits(0), std::span(local.logits).first(tiny_source_model()->vocabulary_size())));
}

TEST_P(ThroughServers, WhatTheCallbackThrowsArrivesAndTheEngineGoesOn) {
    Engine engine(load_through(addresses()), kSmall);
    const auto fail = [](LayerIndex, MatrixView, std::span<const std::size_t>) { throw std::runtime_error("mine"); };
    EXPECT_THROW(engine.decode(rows(Logits::all), {LayerIndex{0}, LayerIndex{3}}, fail), std::runtime_error);
    engine.decode(rows(Logits::all));
    const Reading local = read(tiny_source_model(), rows(Logits::all));
    EXPECT_TRUE(close(engine.logits(0), std::span(local.logits).first(tiny_source_model()->vocabulary_size())));
}

/// Loses the last server in the middle of a decode.
void lose_a_server(std::size_t n) {
    LocalRpcServer servers[2];
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < n; ++i) addresses.push_back(servers[i].address());
    set_abort_handler([](const Error& error) {
        std::cerr << error.what() << '\n';
        ::_exit(error.kind() == ErrorKind::model ? 4 : 1);
    });
    Engine engine(load_through(addresses), kSmall);
    std::cerr << "last: " << addresses.back() << '\n';
    engine.decode(rows(Logits::all), {LayerIndex{0}},
                  [&](LayerIndex, MatrixView, std::span<const std::size_t>) { servers[n - 1].kill(); });
}

TEST(RpcServersDeathTest, OneThatGoesAwayInTheMiddleIsNamedBeforeTheEnd) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const char* const text =
        "rpc: no answer any more from 127.0.0.1:[0-9]+ in the middle of the run; start ggml-rpc-server";
    EXPECT_EXIT(lose_a_server(1), ::testing::ExitedWithCode(4), text);
    EXPECT_EXIT(lose_a_server(2), ::testing::ExitedWithCode(4), text);
}

}  // namespace
}  // namespace contrans
