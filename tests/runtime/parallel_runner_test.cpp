#include "contrans/runtime/parallel_runner.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/runtime/pack_plan.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::english;
using testing::throws_error;
using testing::tiny_source_model;

using Requests = std::vector<SequenceRequest>;

/// About 7,000 tokens: three slices of the runner's.
const Requests& many_texts() {
    static const Requests requests = [] {
        Requests made;
        for (unsigned i = 0; i < 150; ++i) {
            const std::vector<Token> tokens = tiny_source_model()->tokenizer().tokenise(english(60, i));
            made.push_back({tokens, {tokens.size() - 1}, nullptr});
        }
        return made;
    }();
    return requests;
}

EngineOptions options_with(std::size_t threads) { return {.context_tokens = 1024, .threads = threads}; }

/// States of layer 1 and logits, by request: all that came, in a form that can be compared bit for bit.
std::vector<std::vector<float>> read_with(std::size_t threads) {
    const Requests& requests = many_texts();
    const std::size_t width = tiny_source_model()->d_model();
    std::vector<std::vector<float>> read;
    for (const SequenceRequest& request : requests) read.emplace_back(request.tokens.size() * width, 0.0F);
    run_sequences_in_parallel(tiny_source_model(), requests, options_with(threads),
                              {.observed = {LayerIndex{1}},
                               .on_points =
                                   [&](LayerIndex, std::size_t request, std::size_t first, MatrixView points) {
                                       std::copy_n(points.data, points.rows * points.cols,
                                                   read[request].begin() + static_cast<std::ptrdiff_t>(first * width));
                                   },
                               .on_logits =
                                   [&](std::size_t request, std::size_t, std::span<const float> logits) {
                                       read[request].insert(read[request].end(), logits.begin(), logits.end());
                                   }},
                              {});
    return read;
}

SequenceSink observing(std::function<void()> on_call) {
    return {.observed = {LayerIndex{1}},
            .on_points = [call = std::move(on_call)](LayerIndex, std::size_t, std::size_t, MatrixView) { call(); },
            .on_logits = [](std::size_t, std::size_t, std::span<const float>) {}};
}

TEST(SliceRequests, HoldEveryRequestOnceInTheTriesOrder) {
    const auto slices = slice_requests(many_texts(), 1024);
    EXPECT_GE(slices.size(), 4U);
    std::vector<std::size_t> all;
    for (const auto& slice : slices) {
        std::size_t tokens = 0;
        std::vector<Token> before;
        for (const std::size_t request : slice) {
            const std::vector<Token>& text = many_texts()[request].tokens;
            tokens += text.size() - common_prefix(before, text);
            before = text;
        }
        EXPECT_LE(tokens, 1024U + 100U);
        all.insert(all.end(), slice.begin(), slice.end());
    }
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](std::size_t a, std::size_t b) {
        return many_texts()[a].tokens < many_texts()[b].tokens;
    }));
    EXPECT_EQ(std::set<std::size_t>(all.begin(), all.end()).size(), many_texts().size());
    EXPECT_EQ(all.size(), many_texts().size());
}

TEST(SliceRequests, OfFewTokensAreOneSlice) {
    EXPECT_EQ(slice_requests(std::span(many_texts()).first(3), 2048).size(), 1U);
}

TEST(SliceRequests, OfLongTextsAreOneEach) {
    Requests requests;
    for (const Token token : {1, 2, 3}) requests.push_back({std::vector<Token>(100, token), {}, nullptr});
    EXPECT_EQ(slice_requests(requests, 10), (std::vector<std::vector<std::size_t>>{{0}, {1}, {2}}));
}

TEST(SliceRequests, CountWhatIsSharedOnce) {
    Requests requests;
    for (Token token = 1; token <= 100; ++token) {
        std::vector<Token> tokens(90, 0);
        tokens.insert(tokens.end(), 10, token);
        requests.push_back({std::move(tokens), {}, nullptr});
    }
    // 90 + 100 · 10 tokens are read, 10,000 are in the texts.
    EXPECT_EQ(slice_requests(requests, 545).size(), 2U);
}

TEST(SliceRequests, OfEqualTextsAreOneSlice) {
    const Requests requests(3, SequenceRequest{std::vector<Token>(100, 1), {}, nullptr});
    EXPECT_EQ(slice_requests(requests, 100).size(), 1U);
}

TEST(ParallelRunner, GivesTheSameBitsForAnyNumberOfThreads) {
    const auto one = read_with(1);
    const std::size_t width = tiny_source_model()->d_model();
    for (std::size_t i = 0; i < one.size(); ++i) {
        ASSERT_EQ(one[i].size(), many_texts()[i].tokens.size() * width + tiny_source_model()->vocabulary_size());
    }
    EXPECT_EQ(read_with(2), one);
    EXPECT_EQ(read_with(7), one);
}

TEST(ParallelRunner, CallsOfTheSinkDoNotOverlap) {
    std::atomic<int> inside = 0;
    std::atomic<int> overlaps = 0;
    run_sequences_in_parallel(tiny_source_model(), many_texts(), options_with(3), observing([&] {
                                  if (inside.fetch_add(1) != 0) ++overlaps;
                                  std::this_thread::yield();
                                  --inside;
                              }),
                              {});
    EXPECT_EQ(overlaps, 0);
}

TEST(ParallelRunner, TheFirstFailureEndsItAndNothingIsCalledAfterIt) {
    std::size_t calls = 0;
    const auto fail_at_fifth = [&] {
        if (++calls == 5) throw std::runtime_error("the fifth");
    };
    EXPECT_THROW(
        run_sequences_in_parallel(tiny_source_model(), many_texts(), options_with(3), observing(fail_at_fifth), {}),
        std::runtime_error);
    EXPECT_EQ(calls, 5U);
}

class Noted : public ProgressSink {
public:
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t n) override { done.push_back(n); }
    void end() override {}
    std::vector<std::size_t> done;
};

TEST(ParallelRunner, ProgressOfAllEnginesAddsUp) {
    Noted progress;
    run_sequences_in_parallel(tiny_source_model(), many_texts(), options_with(3), observing([] {}), {&progress, {}});
    EXPECT_TRUE(std::is_sorted(progress.done.begin(), progress.done.end()));
    EXPECT_EQ(progress.done.back(), many_texts().size());
}

TEST(ParallelRunner, AStopEndsItInterrupted) {
    std::stop_source stop;
    const auto stop_now = [&] { stop.request_stop(); };
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {"interrupted"}, [&] {
        run_sequences_in_parallel(tiny_source_model(), many_texts(), options_with(2), observing(stop_now),
                                  {nullptr, stop.get_token()});
    }));
}

}  // namespace
}  // namespace contrans
