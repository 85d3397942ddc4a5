#include "contrans/serve/scheduler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/matching.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"
#include "tests/serve/cold_run.h"
#include "tests/serve/served_world.h"

namespace contrans {
namespace {

using testing::greedy;
using testing::is_as_cold;
using testing::RawContext;
using testing::served_model;
using testing::served_shelf;
using testing::small_scheduler;
using testing::steering_by;
using testing::throws_error;
using testing::tokens_of;
using testing::Written;
using testing::written;

class SchedulerTest : public ::testing::Test {
protected:
    Scheduler scheduler_{served_model(), small_scheduler()};
};

TEST_F(SchedulerTest, WritesWhatLlamaCppAloneWouldWrite) {
    const auto prompt = tokens_of("the ship and the bridge");
    const Written answer = written(scheduler_, greedy(prompt, 8));
    RawContext raw(*served_model());
    std::vector<Token> all = prompt;
    for (const Token token : answer.ids()) {
        const Matrix logits = raw.read(all).logits;
        std::vector<float> allowed(logits.row(all.size() - 1).begin(), logits.row(all.size() - 1).end());
        allowed[0] = -1e9F;
        EXPECT_EQ(token, testing::likeliest(allowed));
        all.push_back(token);
    }
    EXPECT_EQ(answer.tokens.size(), 8U);
    EXPECT_EQ(answer.end.reason, FinishReason::length);
    EXPECT_EQ(answer.end.prompt_tokens, prompt.size());
    EXPECT_EQ(answer.end.generated_tokens, 8U);
}

TEST_F(SchedulerTest, ASteeredAnswerIsThatOfLlamaCppsControlVector) {
    const auto prompt = tokens_of("rain over the other garden");
    const Written answer = written(scheduler_, greedy(prompt, 6, steering_by({{.name = "calm", .dose = 4.0}})));
    RawContext raw(*served_model());
    const auto& layer = served_shelf().find("calm")->vector.layers[0];
    std::vector<float> offset = layer.offset;
    for (float& x : offset) x *= 4;
    raw.steer(layer.layer, offset);
    std::vector<Token> all = prompt;
    const auto ids = answer.ids();
    all.insert(all.end(), ids.begin(), ids.end());
    const Matrix logits = raw.read(all).logits;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto row = logits.row(prompt.size() - 1 + i);
        double total = 0;
        for (const float x : row) total += std::exp(static_cast<double>(x));
        EXPECT_NEAR(answer.tokens[i].logprob,
                    static_cast<double>(row[static_cast<std::size_t>(ids[i])]) - std::log(total), 2e-3);
    }
    EXPECT_GT(std::abs(answer.tokens[0].logprob - written(scheduler_, greedy(prompt, 6)).tokens[0].logprob), 0.01);
}

TEST_F(SchedulerTest, EveryWayOfSteeringIsThatOfAColdRun) {
    const auto prompt = tokens_of("the water stands under the iron bridge again and again");
    std::vector<ConceptChoice> choices;
    for (const auto op : {SteeringOperator::add, SteeringOperator::project_out, SteeringOperator::add_keeping_norm,
                          SteeringOperator::clamp}) {
        for (const auto tokens : {TokenRange::prompt, TokenRange::generated, TokenRange::both}) {
            const double dose = op == SteeringOperator::project_out ? 1 : 1.4;
            choices.push_back({.name = "calm", .dose = dose, .op = op, .tokens = tokens, .after = 3});
        }
    }
    choices.push_back({.name = "loud", .gate = std::nullopt});
    choices.push_back({.name = "calm", .dose = 2.0, .gate = GateChoice{"dry", 0}});
    for (const ConceptChoice& choice : choices) {
        const auto request = greedy(prompt, 5, steering_by({choice}));
        EXPECT_TRUE(is_as_cold(request, written(scheduler_, request)))
            << to_string(choice.op) << " " << to_string(choice.tokens);
    }
}

TEST_F(SchedulerTest, LongPromptsAreReadInPieces) {
    auto prompt = tokens_of(testing::english(300));
    prompt.resize(80);  // batches hold 32
    const auto request = greedy(prompt, 4, steering_by({{.name = "dry"}}));
    EXPECT_TRUE(is_as_cold(request, written(scheduler_, request)));
}

TEST_F(SchedulerTest, AStopStringEndsTheAnswerAndIsNoPartOfIt) {
    const auto prompt = tokens_of("the ship and the bridge");
    const Written whole = written(scheduler_, greedy(prompt, 20));
    const std::string stop = whole.text.substr(whole.text.size() / 2, 3);
    auto request = greedy(prompt, 20);
    request.stop = {stop};
    const Written stopped = written(scheduler_, request);
    EXPECT_EQ(stopped.text, whole.text.substr(0, whole.text.find(stop)));
    EXPECT_EQ(stopped.end.reason, FinishReason::stop);
    EXPECT_EQ(stopped.end.stopped_by, stop);
    EXPECT_LT(stopped.end.generated_tokens, 20U);
}

TEST_F(SchedulerTest, TheEndTokenEndsTheAnswer) {
    auto request = greedy(tokens_of("the ship"), 20);
    request.sampling.logit_bias = {{0, 100}};
    const Written answer = written(scheduler_, request);
    EXPECT_EQ(answer.end.reason, FinishReason::stop);
    EXPECT_EQ(answer.end.generated_tokens, 0U);
    EXPECT_EQ(answer.text, "");
}

TEST_F(SchedulerTest, AFullContextEndsTheAnswer) {
    auto prompt = tokens_of(testing::english(300));
    prompt.resize(90);  // of 96
    const auto request = greedy(prompt, 0);
    const Written answer = written(scheduler_, request);
    EXPECT_EQ(answer.end.reason, FinishReason::length);
    EXPECT_EQ(answer.end.generated_tokens, 7U);  // the last is never read
    EXPECT_TRUE(is_as_cold(request, answer));
}

TEST_F(SchedulerTest, ReportsTokensTheirPiecesAndAlternatives) {
    const Written answer = written(scheduler_, greedy(tokens_of("the ship"), 5));
    std::string text;
    for (const TokenReport& report : answer.tokens) {
        text += report.piece;
        ASSERT_EQ(report.top.size(), 4U);
        EXPECT_GE(report.top[0].logprob, report.top[3].logprob);
        EXPECT_LE(report.logprob, 0);
        EXPECT_EQ(report.top[0].piece, served_model()->tokenizer().piece(report.top[0].token));
    }
    EXPECT_EQ(text.substr(0, 2), answer.text.substr(0, 2));
    auto silent = greedy(tokens_of("the ship"), 5);
    silent.logprobs.reset();
    EXPECT_TRUE(written(scheduler_, silent).tokens.empty());
}

TEST_F(SchedulerTest, ProjectionsAreThoseOfTheStateThatChoseTheToken) {
    const auto prompt = tokens_of("the ship and the bridge");
    auto request = greedy(prompt, 4, steering_by({{.name = "calm", .dose = 2.0}}));
    request.probes = probes_of(served_shelf(), std::vector<std::string>{"calm", "loud"});
    const Written answer = written(scheduler_, request);
    RawContext raw(*served_model());
    const auto& layer = served_shelf().find("calm")->vector.layers[0];
    std::vector<float> offset = layer.offset;
    for (float& x : offset) x *= 2;
    raw.steer(layer.layer, offset);
    std::vector<Token> all = prompt;
    const auto ids = answer.ids();
    all.insert(all.end(), ids.begin(), ids.end());
    const auto naive = raw.read(all);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ASSERT_EQ(answer.tokens[i].projections.size(), 2U);
        const std::size_t row = prompt.size() - 1 + i;
        // v has dose 1 of σ = 2: h·v̂ / σ = h·v / (2 · 2).
        const double signal = dot(naive.states[2].row(row), std::span<const float>(layer.offset)) / 4;
        EXPECT_NEAR(answer.tokens[i].projections[0], signal, 1e-3);
        const auto& loud = served_shelf().find("loud")->vector.layers[1];
        EXPECT_NEAR(answer.tokens[i].projections[1],
                    dot(naive.states[3].row(row), std::span<const float>(loud.offset)) / 4, 1e-3);
    }
}

TEST_F(SchedulerTest, MeansOfProjectionsComeAtTheEndThoughTokensAreNotReported) {
    auto request = greedy(tokens_of("the ship and the bridge"), 4, steering_by({{.name = "calm", .dose = 2.0}}));
    request.logprobs.reset();
    request.probes = probes_of(served_shelf(), std::vector<std::string>{"calm", "loud"});
    const Written reported = written(scheduler_, request);
    std::vector<double> means(2, 0.0);
    for (const TokenReport& token : reported.tokens) {
        for (std::size_t i = 0; i < 2; ++i) means[i] += token.projections[i] / 4;
    }
    request.unreported = 1;
    const Written half = written(scheduler_, request);
    ASSERT_EQ(half.tokens.size(), 4U);
    EXPECT_EQ(half.tokens[0].projections.size(), 1U);
    request.unreported = 2;
    const Written none = written(scheduler_, request);
    EXPECT_TRUE(none.tokens.empty());
    EXPECT_EQ(none.text, reported.text);
    for (const Written* each : {&reported, &half, &none}) {
        ASSERT_EQ(each->end.mean_projections.size(), 2U);
        for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(each->end.mean_projections[i], means[i], 1e-6);
    }
    request.unreported = 3;
    EXPECT_THROW((void)written(scheduler_, request), Error);
}

TEST_F(SchedulerTest, OneSeedGivesOneAnswerWhoeverElseIsThere) {
    auto request = greedy(tokens_of("over the water"), 12);
    request.sampling.temperature = 1;
    request.sampling.seed = 5;
    const Written alone = written(scheduler_, request);
    const auto other = testing::submitted(scheduler_, greedy(tokens_of(testing::english(90)), 12));
    EXPECT_EQ(written(scheduler_, request).text, alone.text);
    (void)testing::read_all(*other);
}

Embedding embedded(Scheduler& scheduler, EmbeddingRequest request) {
    auto answer = scheduler.embed(std::move(request));
    return std::get<std::future<Embedding>>(answer).get();
}

::testing::AssertionResult near(const std::vector<float>& a, const std::vector<float>& b) {
    return testing::all_close(std::span<const float>(a), std::span<const float>(b), 1e-3, 1e-3);
}

TEST_F(SchedulerTest, EmbeddingsAreTheStatesOfTheText) {
    auto tokens = tokens_of(testing::english(300));
    tokens.resize(70);
    const auto naive = RawContext(*served_model()).read(tokens);
    const auto running = testing::submitted(scheduler_, greedy(tokens_of("the ship"), 30));
    for (const std::size_t layer : {1U, 2U}) {
        std::vector<float> mean(served_model()->d_model());
        for (std::size_t r = 1; r < tokens.size(); ++r) {
            for (std::size_t c = 0; c < mean.size(); ++c) {
                mean[c] += naive.states[layer](r, c) / static_cast<float>(tokens.size() - 1);
            }
        }
        EXPECT_TRUE(near(embedded(scheduler_, {tokens, LayerIndex{layer}, TextPosition::mean, {}}).state, mean));
    }
    for (const std::size_t layer : {2U, 3U}) {  // the last block too; the second time from the cache
        const auto row = naive.states[layer].row(tokens.size() - 1);
        const Embedding last = embedded(scheduler_, {tokens, LayerIndex{layer}, TextPosition::last, {}});
        EXPECT_TRUE(near(last.state, {row.begin(), row.end()})) << layer;
        EXPECT_EQ(last.tokens, tokens.size());
    }
    EXPECT_TRUE(is_as_cold(greedy(tokens_of("the ship"), 30), testing::read_all(*running)));
}

TEST_F(SchedulerTest, EmbeddingsMayBeSteered) {
    const auto tokens = tokens_of("the ship and the bridge");
    const auto plain = embedded(scheduler_, {tokens, LayerIndex{2}, TextPosition::last, {}}).state;
    const auto steered =
        embedded(scheduler_, {tokens, LayerIndex{2}, TextPosition::last, steering_by({{.name = "calm"}})}).state;
    std::vector<float> expected = plain;
    const auto& offset = served_shelf().find("calm")->vector.layers[0].offset;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += offset[i];
    EXPECT_TRUE(near(steered, expected));
}

TEST_F(SchedulerTest, RefusesWhatCannotBeDone) {
    const auto refuses = [&](const std::vector<std::string>& parts, auto change) {
        auto request = greedy(tokens_of("the ship"), 3);
        change(request);
        EXPECT_TRUE(throws_error(ErrorKind::argument, parts, [&] { (void)scheduler_.submit(request); }));
    };
    refuses({"1 to 95", "got 0"}, [](auto& r) { r.prompt.clear(); });
    refuses({"1 to 95", "got 96"}, [](auto& r) { r.prompt.assign(96, 5); });
    refuses({"token 70000"}, [](auto& r) { r.prompt = {70000}; });
    refuses({"token -1"}, [](auto& r) { r.prompt = {-1}; });
    refuses({"temperature"}, [](auto& r) { r.sampling.temperature = -1; });
    refuses({"grammar"}, [](auto& r) { r.sampling.grammar.gbnf = "root ::= ("; });
    refuses({"stop string"}, [](auto& r) { r.stop = {""}; });
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"embedding", "last"}, [&] {
        (void)scheduler_.embed({tokens_of("the ship"), LayerIndex{3}, TextPosition::mean, {}});
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 4"}, [&] {
        (void)scheduler_.embed({tokens_of("the ship"), LayerIndex{4}, TextPosition::last, {}});
    }));
    EXPECT_TRUE(throws_error(ErrorKind::model, {"width 2"}, [&] {
        auto request = greedy(tokens_of("the ship"), 3);
        const auto plan =
            std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{1}, {1, 2}}});
        request.steering = RequestSteering({{0, plan, plan}}, {});
        (void)scheduler_.submit(request);
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"batch", "slot"}, [] {
        SchedulerOptions options = small_scheduler(64);
        options.batch_tokens = 32;
        const Scheduler scheduler(served_model(), options);
    }));
}

TEST_F(SchedulerTest, CountsWhatItDid) {
    (void)written(scheduler_, greedy(tokens_of("the ship"), 3));
    (void)written(scheduler_, greedy(tokens_of("the ship"), 3));
    EXPECT_TRUE(scheduler_.drain(std::chrono::seconds(60)));
    const SchedulerStats stats = scheduler_.stats();
    EXPECT_EQ(stats.finished.at("length"), 2U);
    EXPECT_EQ(stats.generated_tokens, 6U);
    EXPECT_EQ(stats.prompt_tokens_read + stats.prompt_tokens_cached, 2 * tokens_of("the ship").size());
    EXPECT_GT(stats.prompt_tokens_cached, 0U);
    EXPECT_EQ(stats.slots, 4U);
    EXPECT_EQ(stats.waiting, 0U);
    EXPECT_GT(stats.busy_seconds, 0);
}

}  // namespace
}  // namespace contrans
