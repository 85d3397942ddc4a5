#include "contrans/runtime/engine.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/matching.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::RawContext;
using testing::throws_error;
using testing::tiny_source_model;

using Plan = std::shared_ptr<const SteeringPlan>;

constexpr EngineOptions kSmall{
    .batch_tokens = 128, .context_tokens = 128, .sequences = 4, .logit_rows = 128, .threads = 1};

std::vector<float> random_offset(std::size_t width, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, 0.5F);
    std::vector<float> offset(width);
    for (float& x : offset) x = normal(random);
    return offset;
}

Plan plan_at(std::size_t layer, unsigned seed) {
    return std::make_shared<const SteeringPlan>(
        std::vector<SteeringPlan::Step>{{LayerIndex{layer}, random_offset(tiny_source_model()->d_model(), seed)}});
}

std::vector<Token> tokens_of(const std::string& text) { return tiny_source_model()->tokenizer().tokenise(text); }
std::vector<Token> first_text() { return tokens_of("the ship and the bridge"); }
std::vector<Token> second_text() { return tokens_of("rain over the other garden"); }

enum class Logits { none, all };

std::vector<BatchRow> rows_of(const std::vector<Token>& tokens, std::size_t sequence, const Plan& plan = nullptr,
                              Logits logits = Logits::all) {
    std::vector<BatchRow> rows;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        rows.push_back({tokens[i], i, {sequence}, logits == Logits::all, plan});
    }
    return rows;
}

std::vector<BatchRow> both(std::vector<BatchRow> a, const std::vector<BatchRow>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Logits of `n` rows from `first` on, after `rows` were decoded in an empty engine. [n · vocabulary]
std::vector<float> logits_of(Engine& engine, const std::vector<BatchRow>& rows, std::size_t first, std::size_t n) {
    engine.forget_all();
    engine.decode(rows);
    std::vector<float> all;
    for (std::size_t row = first; row < first + n; ++row) {
        const std::span<const float> logits = engine.logits(row);
        all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
}

std::vector<float> logits_of(Engine& engine, const std::vector<BatchRow>& rows) {
    return logits_of(engine, rows, 0, rows.size());
}

template <class A, class B>
::testing::AssertionResult close(const A& a, const B& b, double tolerance) {
    return all_close(std::span<const float>(a), std::span<const float>(b), tolerance, 0);
}

std::span<const float> values(const Matrix& matrix) { return {matrix.data(), matrix.rows() * matrix.cols()}; }

float largest_difference(std::span<const float> a, std::span<const float> b) {
    float largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

class EngineTest : public ::testing::Test {
protected:
    Engine engine_{tiny_source_model(), kSmall};
};

TEST_F(EngineTest, ReadsAsLlamaCppDoes) {
    const auto tokens = first_text();
    const auto naive = RawContext(*tiny_source_model()).read(tokens);
    std::vector<Matrix> states(4);
    engine_.decode(rows_of(tokens, 0), {LayerIndex{0}, LayerIndex{1}, LayerIndex{2}, LayerIndex{3}},
                   [&](LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) {
                       ASSERT_EQ(rows.size(), tokens.size());
                       EXPECT_EQ(rows.back(), tokens.size() - 1);
                       Matrix copy(points.rows, points.cols);
                       std::copy_n(points.data, points.rows * points.cols, copy.data());
                       states[layer.value] = std::move(copy);
                   });
    for (std::size_t layer = 0; layer < 4; ++layer) {
        EXPECT_TRUE(close(values(states[layer]), values(naive.states[layer]), 1e-5)) << layer;
    }
    EXPECT_TRUE(close(logits_of(engine_, rows_of(tokens, 0)), values(naive.logits), 1e-5));
}

TEST_F(EngineTest, SteersAsLlamaCppsControlVectorsDo) {
    const auto tokens = first_text();
    for (const std::size_t layer : {1U, 2U, 3U}) {  // the last block too
        const auto offset = random_offset(64, 3);
        RawContext raw(*tiny_source_model());
        const Matrix unsteered = raw.read(tokens).logits;
        raw.steer(LayerIndex{layer}, offset);
        const Matrix steered = raw.read(tokens).logits;
        EXPECT_GT(largest_difference(values(unsteered), values(steered)), 0.1F);
        EXPECT_TRUE(close(logits_of(engine_, rows_of(tokens, 0, plan_at(layer, 3))), values(steered), 1e-5)) << layer;
    }
}

TEST_F(EngineTest, SteersTheLastBlockWhereOneRowAloneIsLeft) {
    const auto tokens = first_text();
    RawContext raw(*tiny_source_model());
    raw.steer(LayerIndex{3}, random_offset(64, 3));
    const Matrix steered = raw.read(tokens).logits;
    auto rows = rows_of(tokens, 0, plan_at(3, 3), Logits::none);
    rows.back().wants_logits = true;
    engine_.decode(rows);
    EXPECT_TRUE(close(engine_.logits(rows.size() - 1), steered.row(tokens.size() - 1), 1e-5));
}

TEST_F(EngineTest, SeveralLayersOfAPlanAddUpAsInOneControlVector) {
    const auto tokens = first_text();
    std::vector<float> data(3 * 64, 0.0F);
    std::vector<SteeringPlan::Step> steps;
    for (const std::size_t layer : {1U, 3U}) {
        steps.push_back({LayerIndex{layer}, random_offset(64, static_cast<unsigned>(layer))});
        std::copy(steps.back().offset.begin(), steps.back().offset.end(),
                  data.begin() + static_cast<std::ptrdiff_t>((layer - 1) * 64));
    }
    RawContext raw(*tiny_source_model());
    raw.steer_raw(data);
    const Plan plan = std::make_shared<const SteeringPlan>(std::move(steps));
    EXPECT_TRUE(close(logits_of(engine_, rows_of(tokens, 0, plan)), values(raw.read(tokens).logits), 1e-5));
}

TEST_F(EngineTest, SteersBlockZeroToo) {
    const auto tokens = first_text();
    const auto naive = RawContext(*tiny_source_model()).read(tokens);
    const auto offset = random_offset(64, 3);
    const auto expect_shifted = [&](LayerIndex, MatrixView points, std::span<const std::size_t>) {
        for (std::size_t r = 0; r < points.rows; ++r) {
            std::vector<float> shifted(naive.states[0].row(r).begin(), naive.states[0].row(r).end());
            for (std::size_t c = 0; c < shifted.size(); ++c) shifted[c] += offset[c];
            EXPECT_TRUE(close(points.row(r), shifted, 1e-5)) << r;
        }
    };
    engine_.decode(rows_of(tokens, 0, plan_at(0, 3)), {LayerIndex{0}}, expect_shifted);
    EXPECT_GT(largest_difference(engine_.logits(tokens.size() - 1), naive.logits.row(tokens.size() - 1)), 0.1F);
}

TEST_F(EngineTest, AnUnsteeredSequenceDoesNotFeelItsNeighbour) {
    const auto quiet = rows_of(first_text(), 0);
    const std::size_t n = quiet.size();
    const auto before = logits_of(engine_, both(quiet, rows_of(second_text(), 1)), 0, n);
    for (const std::size_t layer : {0U, 2U, 3U}) {
        const auto beside = logits_of(engine_, both(quiet, rows_of(second_text(), 1, plan_at(layer, 3))), 0, n);
        EXPECT_EQ(before, beside) << "not bit for bit at block " << layer;
    }
}

TEST_F(EngineTest, TwoPlansInOneBatchActAsEachAlone) {
    const Plan a = plan_at(1, 3);
    const Plan b = plan_at(2, 4);
    const auto first = rows_of(first_text(), 0, a);
    const auto second = rows_of(second_text(), 1, b);
    const auto a_alone = logits_of(engine_, first);
    const auto b_alone = logits_of(engine_, rows_of(second_text(), 0, b));
    EXPECT_TRUE(close(logits_of(engine_, both(first, second), 0, first.size()), a_alone, 1e-4));
    EXPECT_TRUE(close(logits_of(engine_, both(first, second), first.size(), second.size()), b_alone, 1e-4));
}

TEST_F(EngineTest, ASharedPrefixServesSeveralSequences) {
    const auto tokens = first_text();
    const auto naive = RawContext(*tiny_source_model()).read(tokens);
    auto rows = rows_of(tokens, 0, nullptr, Logits::none);
    for (BatchRow& row : rows) row.sequences = {0, 1};
    rows.back().sequences = {0};
    rows.push_back({tokens.back(), tokens.size() - 1, {1}, true, nullptr});
    engine_.decode(rows);
    EXPECT_TRUE(close(engine_.logits(rows.size() - 1), naive.logits.row(tokens.size() - 1), 1e-4));
}

TEST_F(EngineTest, ALaterDecodeReadsOnWhereTheFirstEnded) {
    const auto tokens = first_text();
    const auto naive = RawContext(*tiny_source_model()).read(tokens);
    const auto rows = rows_of(tokens, 2, nullptr);
    engine_.decode({rows.data(), 5});
    engine_.decode({rows.data() + 5, rows.size() - 5});
    EXPECT_TRUE(close(engine_.logits(rows.size() - 6), naive.logits.row(tokens.size() - 1), 1e-4));
}

TEST_F(EngineTest, AForgottenSequenceBeginsAnew) {
    const auto rows = rows_of(first_text(), 1);
    const auto fresh = logits_of(engine_, rows);
    engine_.decode(rows_of(second_text(), 0));
    engine_.forget_sequence(1);
    engine_.decode(rows);
    EXPECT_TRUE(close(engine_.logits(0), std::span(fresh).first(engine_.model().vocabulary_size()), 1e-4));
}

TEST_F(EngineTest, ASequenceCanBeCutAndGoneOnWith) {
    const auto rows = rows_of(first_text(), 1);
    const std::size_t n = rows.size();
    const auto fresh = logits_of(engine_, rows, n - 1, 1);
    auto wrong = rows;
    for (std::size_t i = 5; i < n; ++i) wrong[i].token = rows[0].token;
    engine_.forget_all();
    engine_.decode(wrong);
    EXPECT_EQ(engine_.forget_from(1, 5), 5U);
    engine_.decode(std::span(rows).subspan(5));
    EXPECT_TRUE(close(engine_.logits(n - 6), fresh, 1e-4));
}

TEST_F(EngineTest, AWholeReadingCanBeGoneOnWith) {
    const auto all = rows_of(first_text(), 0);
    const auto expected = logits_of(engine_, all, all.size() - 1, 1);
    engine_.forget_all();
    const auto silent = rows_of(first_text(), 0, nullptr, Logits::none);
    std::size_t seen = 0;
    engine_.decode(
        std::span(silent).first(silent.size() - 1), {LayerIndex{1}},
        [&](LayerIndex, MatrixView points, std::span<const std::size_t>) { seen = points.rows; }, ReadingDepth::whole);
    EXPECT_EQ(seen, silent.size() - 1);
    engine_.decode(std::span(all).last(1));
    EXPECT_TRUE(close(engine_.logits(0), expected, 1e-4));
}

TEST_F(EngineTest, ObservationAloneStopsAboveTheDeepestLayer) {
    const auto rows = rows_of(first_text(), 0, nullptr, Logits::none);
    std::vector<std::size_t> seen;
    const auto note = [&](LayerIndex layer, MatrixView, std::span<const std::size_t>) { seen.push_back(layer.value); };
    engine_.decode(rows, {LayerIndex{2}, LayerIndex{1}}, note);
    EXPECT_EQ(seen, (std::vector<std::size_t>{1, 2}));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"logits"}, [&] { (void)engine_.logits(0); }));

    // What was cut has no past above the cut: it goes on no deeper, and all layers are read again once it is forgotten.
    auto next = rows_of({first_text().front()}, 0);
    next.front().position = rows.size();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"4 layers", "read through 3"}, [&] { engine_.decode(next); }));
    next.front().wants_logits = false;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"4 layers", "read through 3"},
                             [&] { engine_.decode(next, {LayerIndex{3}}, note); }));
    engine_.decode(next, {LayerIndex{0}}, note);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"3 layers", "read through 1"},
                             [&] { engine_.decode(rows, {LayerIndex{2}}, note); }));

    engine_.forget_all();
    const auto all = rows_of(first_text(), 0);
    engine_.decode(all);
    const Matrix naive = RawContext(*tiny_source_model()).read(first_text()).logits;
    EXPECT_TRUE(close(engine_.logits(all.size() - 1), naive.row(all.size() - 1), 1e-5));
}

TEST_F(EngineTest, WhatTheCallbackThrowsArrivesAndTheEngineGoesOn) {
    const auto rows = rows_of(first_text(), 0);
    const auto before = logits_of(engine_, rows);
    engine_.forget_all();
    const auto fail = [](LayerIndex, MatrixView, std::span<const std::size_t>) { throw std::runtime_error("mine"); };
    EXPECT_THROW(engine_.decode(rows, {LayerIndex{1}}, fail), std::runtime_error);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"logits"}, [&] { (void)engine_.logits(0); }));
    engine_.decode(rows);
    EXPECT_TRUE(close(engine_.logits(0), std::span(before).first(engine_.model().vocabulary_size()), 0));
}

TEST_F(EngineTest, RowsWithoutLogitsHaveNone) {
    auto rows = rows_of(first_text(), 0, nullptr, Logits::none);
    rows[3].wants_logits = true;
    engine_.decode(rows);
    EXPECT_EQ(engine_.logits(3).size(), engine_.model().vocabulary_size());
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"row 2"}, [&] { (void)engine_.logits(2); }));
}

TEST_F(EngineTest, RefusesWhatDoesNotFit) {
    const auto no_layer = [](LayerIndex, MatrixView, std::span<const std::size_t>) {};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"1 to 128", "got 0"}, [&] { engine_.decode({}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"1 to 128", "got 200"}, [&] {
        engine_.decode(std::vector<BatchRow>(200, BatchRow{1, 0, {0}, false, nullptr}));
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 4", "4 layers"},
                             [&] { engine_.decode(rows_of(first_text(), 0), {LayerIndex{4}}, no_layer); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"sequence 4", "4 sequences"},
                             [&] { engine_.decode(rows_of(first_text(), 4)); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"no sequence"}, [&] {
        engine_.decode(std::vector<BatchRow>{BatchRow{1, 0, {}, true, nullptr}});
    }));
}

TEST_F(EngineTest, RefusesSteeringOfAnotherWidthOrDepth) {
    const auto plan = [](std::size_t layer, std::size_t width) {
        return std::make_shared<const SteeringPlan>(
            std::vector<SteeringPlan::Step>{{LayerIndex{layer}, random_offset(width, 1)}});
    };
    EXPECT_TRUE(throws_error(ErrorKind::model, {"width 32", "64"},
                             [&] { engine_.decode(rows_of(first_text(), 0, plan(1, 32))); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::model, {"layer 4"}, [&] { engine_.decode(rows_of(first_text(), 0, plan(4, 64))); }));
}

TEST(Engine, MayHaveMoreSequencesThanRowsOfLogits) {
    Engine engine(tiny_source_model(),
                  {.batch_tokens = 32, .context_tokens = 64, .sequences = 48, .logit_rows = 1, .threads = 1});
    auto rows = rows_of(first_text(), 47, nullptr, Logits::none);
    rows.back().wants_logits = true;
    engine.decode(rows);
    EXPECT_EQ(engine.logits(rows.size() - 1).size(), tiny_source_model()->vocabulary_size());
}

TEST(Engine, MoreLogitsThanItHoldsAreRefused) {
    Engine engine(tiny_source_model(),
                  {.batch_tokens = 128, .context_tokens = 128, .sequences = 4, .logit_rows = 8, .threads = 1});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"want logits", "at most 8"},
                             [&] { engine.decode(rows_of(first_text(), 0)); }));
}

TEST(Engine, ABatchLargerThanTheContextIsRefused) {
    Engine engine(tiny_source_model(),
                  {.batch_tokens = 128, .context_tokens = 8, .sequences = 2, .logit_rows = 8, .threads = 1});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"1 to 8"}, [&] { engine.decode(rows_of(first_text(), 0)); }));
}

TEST(Engine, AFullContextIsAnErrorThatCanBeSurvived) {
    Engine engine(tiny_source_model(),
                  {.batch_tokens = 256, .context_tokens = 256, .sequences = 2, .logit_rows = 8, .threads = 1});
    const auto tokens = tokens_of(testing::english(500));
    const auto rows = rows_of({tokens.begin(), tokens.begin() + 200}, 0, nullptr, Logits::none);
    auto more = rows_of({tokens.begin(), tokens.begin() + 200}, 1, nullptr, Logits::none);
    engine.decode(rows);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"200 tokens"}, [&] { engine.decode(more); }));
    more.back().wants_logits = true;
    engine.decode(more);
    EXPECT_EQ(engine.logits(199).size(), tiny_source_model()->vocabulary_size());
}

}  // namespace
}  // namespace contrans
