#include "contrans/runtime/sequence_runner.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
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
using testing::english;
using testing::RawContext;
using testing::throws_error;
using testing::tiny_source_model;

using Plan = std::shared_ptr<const SteeringPlan>;

Plan plan_at(std::size_t layer, float value) {
    return std::make_shared<const SteeringPlan>(
        std::vector<SteeringPlan::Step>{{LayerIndex{layer}, std::vector<float>(64, value)}});
}

std::vector<Token> tokens_of(const std::string& text) { return tiny_source_model()->tokenizer().tokenise(text); }

/// All that a run handed out, and that nothing came twice.
struct Collected {
    std::map<std::pair<std::size_t, std::size_t>, std::vector<float>> logits;  // by request and position
    std::map<std::size_t, std::vector<Matrix>> states;                         // by layer: per request [tokens, d]
    std::map<std::size_t, std::vector<std::vector<int>>> visits;               // by layer: per request and position
};

Collected run(Engine& engine, const std::vector<SequenceRequest>& requests, std::vector<LayerIndex> observed,
              const RunContext& context = {}) {
    Collected result;
    for (const LayerIndex layer : observed) {
        for (const SequenceRequest& request : requests) {
            result.states[layer.value].emplace_back(request.tokens.size(), engine.model().d_model());
            result.visits[layer.value].emplace_back(request.tokens.size(), 0);
        }
    }
    run_sequences(
        engine, requests,
        {.observed = std::move(observed),
         .on_points =
             [&](LayerIndex layer, std::size_t request, std::size_t first, MatrixView points) {
                 for (std::size_t r = 0; r < points.rows; ++r) {
                     Matrix& states = result.states[layer.value][request];
                     std::copy_n(points.row(r).begin(), points.cols, states.row(first + r).begin());
                     ++result.visits[layer.value][request][first + r];
                 }
             },
         .on_logits =
             [&](std::size_t request, std::size_t position, std::span<const float> logits) {
                 EXPECT_TRUE(result.logits.try_emplace({request, position}, logits.begin(), logits.end()).second)
                     << "logits of request " << request << " at " << position << " came twice";
             }},
        context);
    return result;
}

/// Every request against llama.cpp reading it alone: states of all positions, logits of the positions asked for and of
/// no others. With llama.cpp's F16 cache, rows in other batches differ by a few 1e-3 (DESIGN §4) where the logits are
/// around 1; a token too many or too few in a past shows at several 1e-2.
void expect_as_one_by_one(const std::vector<SequenceRequest>& requests, const Collected& collected) {
    constexpr double tolerance = 5e-3;
    std::size_t n_logits = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        RawContext raw(*tiny_source_model());
        if (requests[i].steering) {
            const SteeringPlan::Step& step = requests[i].steering->steps().front();
            raw.steer(step.layer, step.offset);
        }
        const auto naive = raw.read(requests[i].tokens);
        for (const std::size_t position : requests[i].logit_positions) {
            ASSERT_TRUE(collected.logits.contains({i, position})) << "request " << i << " position " << position;
            EXPECT_TRUE(all_close(std::span<const float>(collected.logits.at({i, position})),
                                  naive.logits.row(position), tolerance, 0))
                << "logits of request " << i << " at " << position;
            ++n_logits;
        }
        for (const auto& [layer, states] : collected.states) {
            EXPECT_EQ(collected.visits.at(layer)[i], std::vector<int>(requests[i].tokens.size(), 1));
            EXPECT_TRUE(all_close(std::span(states[i].data(), states[i].rows() * states[i].cols()),
                                  std::span(naive.states[layer].data(), states[i].rows() * states[i].cols()), tolerance,
                                  0))
                << "states of request " << i << " at layer " << layer;
        }
    }
    EXPECT_EQ(collected.logits.size(), n_logits) << "logits that nobody asked for";
}

/// The last position's and another's logits.
SequenceRequest request_of(const std::string& text, Plan steering = nullptr) {
    SequenceRequest request{tokens_of(text), {}, std::move(steering)};
    request.logit_positions = {request.tokens.size() - 1};
    if (request.tokens.size() > 1)
        request.logit_positions.insert(request.logit_positions.begin(), request.tokens.size() / 2);
    return request;
}

SequenceRequest without_logits(SequenceRequest request) {
    request.logit_positions.clear();
    return request;
}

/// Texts with common beginnings, duplicates, one that is another's beginning, and ones that share nothing.
std::vector<SequenceRequest> shared_beginnings() {
    const std::string stem = english(60);
    std::vector<SequenceRequest> requests;
    for (const char* end : {" ship", " garden", " ship", "", " ship again", " bridge over the water"}) {
        requests.push_back(request_of(stem + end));
        requests.back().logit_positions = {requests.back().tokens.size() - 1};
    }
    requests.push_back(request_of("x"));
    requests.push_back(request_of(english(40, 5)));
    return requests;
}

class SequenceRunner : public ::testing::Test {
protected:
    Engine engine_{tiny_source_model(),
                   {.batch_tokens = 256, .context_tokens = 512, .sequences = 8, .logit_rows = 16, .threads = 1}};
};

TEST_F(SequenceRunner, SharedBeginningsGiveWhatEachTextGivesAlone) {
    const auto requests = shared_beginnings();
    expect_as_one_by_one(requests, run(engine_, requests, {LayerIndex{0}, LayerIndex{2}}));
}

/// Counts the rows that were decoded: those of one run are one call's, whoever shares them.
std::size_t rows_decoded(Engine& engine, const std::vector<SequenceRequest>& requests) {
    std::set<const float*> rows;
    std::size_t decoded = 0;
    run_sequences(engine, requests,
                  {.observed = {LayerIndex{1}},
                   .on_points =
                       [&](LayerIndex, std::size_t, std::size_t, MatrixView points) {
                           for (std::size_t r = 0; r < points.rows; ++r) rows.insert(points.row(r).data());
                           decoded = rows.size();
                       },
                   .on_logits = {}},
                  {});
    return decoded;
}

TEST_F(SequenceRunner, BeginningsAreSharedAtEveryDepth) {
    // A tree: one stem, two branches, three leaves each. One batch, so that rows are told apart by their addresses.
    std::vector<SequenceRequest> requests;
    for (const char* branch : {" ship over there", " garden in the rain"}) {
        for (const char* end : {" a", " b", " c"}) {
            requests.push_back(without_logits(request_of(english(60) + branch + end)));
        }
    }
    std::set<std::vector<Token>> beginnings;
    for (const SequenceRequest& request : requests) {
        for (auto end = request.tokens.begin() + 1; end <= request.tokens.end(); ++end)
            beginnings.emplace(request.tokens.begin(), end);
    }
    EXPECT_EQ(rows_decoded(engine_, requests), beginnings.size());
    expect_as_one_by_one(requests, run(engine_, requests, {LayerIndex{1}}));
}

TEST_F(SequenceRunner, BeginningsAreKeptFromBatchToBatch) {
    // Batches of two or three leaves beside a stem of 60 tokens and more, read before.
    Engine small(tiny_source_model(),
                 {.batch_tokens = 80, .context_tokens = 256, .sequences = 4, .logit_rows = 8, .threads = 1});
    std::vector<SequenceRequest> requests;
    for (unsigned i = 0; i < 12; ++i) {
        const std::string branch = i % 3 == 0 ? "" : english(10, i % 3);
        requests.push_back(request_of(english(60) + branch + english(4, i)));
        requests.back().logit_positions.erase(requests.back().logit_positions.begin());
    }
    expect_as_one_by_one(requests, run(small, requests, {}));
    expect_as_one_by_one(requests, run(small, requests, {LayerIndex{0}, LayerIndex{2}}));
    for (SequenceRequest& request : requests) request.logit_positions.clear();
    expect_as_one_by_one(requests, run(small, requests, {LayerIndex{0}, LayerIndex{2}}));
    expect_as_one_by_one(requests, run(small, requests, {LayerIndex{3}}));
}

TEST_F(SequenceRunner, SteeringsAreKeptApart) {
    const std::string text = english(60);
    const Plan a = plan_at(1, 0.3F);
    const Plan b = plan_at(2, -0.2F);
    const std::vector<SequenceRequest> requests = {request_of(text),           request_of(text, a),
                                                   request_of(text, b),        request_of(text + " ship", a),
                                                   request_of(text + " ship"), request_of(text + " garden", b)};
    expect_as_one_by_one(requests, run(engine_, requests, {LayerIndex{2}}));
}

TEST_F(SequenceRunner, ManyBatchesGiveWhatOneGives) {
    std::vector<SequenceRequest> requests;
    for (unsigned i = 0; i < 30; ++i) requests.push_back(request_of(english(10 + 7 * i, i)));
    expect_as_one_by_one(requests, run(engine_, requests, {LayerIndex{1}}));
}

TEST_F(SequenceRunner, TextsLongerThanABatchAreReadInChunks) {
    Engine small(tiny_source_model(),
                 {.batch_tokens = 32, .context_tokens = 256, .sequences = 4, .logit_rows = 8, .threads = 1});
    SequenceRequest early = request_of(english(150, 1));
    early.logit_positions = {3, 33};  // none in the last chunk
    const std::vector<SequenceRequest> requests = {request_of(english(150)), early,
                                                   without_logits(request_of(english(100, 2))), request_of("short"),
                                                   request_of(english(150, 3), plan_at(1, 0.3F))};
    ASSERT_GT(requests[2].tokens.size(), 64U);
    expect_as_one_by_one(requests, run(small, requests, {LayerIndex{1}, LayerIndex{2}}));
    expect_as_one_by_one(requests, run(small, requests, {}));
}

TEST_F(SequenceRunner, MoreLogitsThanADecodeHoldsAreChunkedToo) {
    SequenceRequest request{tokens_of(english(100)), {}, nullptr};
    for (std::size_t p = 0; p < 60; ++p) request.logit_positions.push_back(p);
    expect_as_one_by_one({request}, run(engine_, {request}, {LayerIndex{1}}));
}

TEST_F(SequenceRunner, TheLastBlockCanBeObserved) {
    // Its rows exist where logits are flagged: more of them than a decode holds here.
    const auto requests = shared_beginnings();
    expect_as_one_by_one(requests, run(engine_, requests, {LayerIndex{3}}));
    std::vector<SequenceRequest> no_logits;
    for (const SequenceRequest& request : requests) no_logits.push_back(without_logits(request));
    expect_as_one_by_one(no_logits, run(engine_, no_logits, {LayerIndex{1}, LayerIndex{3}}));
}

TEST_F(SequenceRunner, LogitsNeedNoSinkWhereNoneAreAskedFor) {
    const std::vector<SequenceRequest> requests = {without_logits(request_of(english(60)))};
    std::size_t rows = 0;
    run_sequences(engine_, requests,
                  {.observed = {LayerIndex{3}},
                   .on_points = [&](LayerIndex, std::size_t, std::size_t, MatrixView points) { rows += points.rows; },
                   .on_logits = {}},
                  {});
    EXPECT_EQ(rows, requests[0].tokens.size());
}

TEST_F(SequenceRunner, AnEarlyExitLeavesNothingStale) {
    const auto requests = shared_beginnings();
    std::vector<SequenceRequest> observed_only;
    for (const SequenceRequest& request : requests) observed_only.push_back(without_logits(request));
    (void)run(engine_, observed_only, {LayerIndex{0}});
    expect_as_one_by_one(requests, run(engine_, requests, {}));
}

TEST_F(SequenceRunner, TheSameRequestsGiveTheSameBits) {
    // Plans at other addresses must not change what is batched with what.
    const auto make = [](const Plan& first, const Plan& second) {
        std::vector<SequenceRequest> requests;
        // Each text under three plans: nothing but the plans' order can say which comes first.
        for (unsigned i = 0; i < 12; ++i) {
            requests.push_back(request_of(english(60, i / 3), i % 3 == 0 ? nullptr : i % 3 == 1 ? first : second));
        }
        return requests;
    };
    const Plan a = plan_at(1, 0.3F);
    const Plan b = plan_at(1, 0.3F);
    EXPECT_EQ(run(engine_, make(a, b), {}).logits, run(engine_, make(b, a), {}).logits);
}

TEST_F(SequenceRunner, ATextThatDoesNotFitIsNamed) {
    const std::vector<SequenceRequest> requests = {request_of("short"), request_of(english(2000))};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"text 2", "1 to 512"}, [&] { (void)run(engine_, requests, {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"text 1", "0 tokens"},
                             [&] { (void)run(engine_, {SequenceRequest{}}, {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"text 2", "reads at most 512", "Tiny source"},
                             [&] { (void)engine_options_for(*tiny_source_model(), requests, 1); }));
    const std::vector<SequenceRequest> fitting = {request_of(english(640))};
    ASSERT_LE(fitting[0].tokens.size(), 512U);
    EXPECT_GE(engine_options_for(*tiny_source_model(), fitting, 1).context_tokens, fitting[0].tokens.size());
}

TEST_F(SequenceRunner, AStopIsHeeded) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
        (void)run(engine_, shared_beginnings(), {LayerIndex{1}}, {.progress = nullptr, .stop = stop.get_token()});
    }));
    // And the engine is as good as before.
    const auto requests = shared_beginnings();
    expect_as_one_by_one(requests, run(engine_, requests, {}));
}

/// Notes what it is told.
class Ticks : public ProgressSink {
public:
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t done) override { done_.push_back(done); }
    void end() override {}
    std::vector<std::size_t> done_;
};

TEST_F(SequenceRunner, ProgressCountsRequestsUpToAll) {
    Ticks ticks;
    std::vector<SequenceRequest> requests;
    for (unsigned i = 0; i < 30; ++i) requests.push_back(without_logits(request_of(english(60, i))));
    (void)run(engine_, requests, {LayerIndex{1}}, {.progress = &ticks, .stop = {}});
    EXPECT_GT(ticks.done_.size(), 1U);
    EXPECT_TRUE(std::is_sorted(ticks.done_.begin(), ticks.done_.end()));
    EXPECT_EQ(ticks.done_.back(), 30U);
}

}  // namespace
}  // namespace contrans
