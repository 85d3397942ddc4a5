// Steering that is switched off while answers are written: the next token of each comes from a past without it.
#include "contrans/serve/steering_switch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "contrans/serve/scheduler.h"
#include "gtest/gtest.h"
#include "tests/runtime/tiny_models.h"
#include "tests/serve/cold_run.h"
#include "tests/serve/gated_batches.h"
#include "tests/serve/served_world.h"

namespace contrans {
namespace {

using testing::greedy;
using testing::is_as_cold;
using testing::read_all;
using testing::served_model;
using testing::small_scheduler;
using testing::steering_by;
using testing::submitted;
using testing::tokens_of;
using testing::Written;
using testing::written;

using Clock = std::chrono::steady_clock;
using Switch = std::shared_ptr<SteeringSwitch>;

Switch made(WhenSwitchedOff rule = WhenSwitchedOff::go_on_unsteered) { return std::make_shared<SteeringSwitch>(rule); }

/// Strong enough that a state which was read with it is far from one that was not.
RequestSteering strong(const std::string& name = "calm") { return steering_by({{.name = name, .dose = 4.0}}); }

CompletionRequest switchable(const Switch& steering_switch, std::size_t max_tokens, const std::string& text,
                             RequestSteering steering = strong()) {
    CompletionRequest request = greedy(tokens_of(text), max_tokens, std::move(steering));
    request.steering_switch = steering_switch;
    return request;
}

/// Does something right before the n-th batch (1, 2, …) is decoded, when its rows are chosen and steered; and keeps the
/// rows of all of them.
class AtBatch {
public:
    AtBatch(std::size_t n, std::function<void()> act) : n_(n), act_(std::move(act)) {}

    /// This object must outlive the scheduler.
    SchedulerOptions in(SchedulerOptions options) {
        options.before_decode = [this](std::span<const BatchRow> rows) {
            batches_.emplace_back(rows.begin(), rows.end());
            begun_.push_back(Clock::now());
            if (batches_.size() == n_) act_();
        };
        return options;
    }
    /// After the scheduler is gone.
    [[nodiscard]] std::size_t steered_rows_afterwards() const {
        std::size_t n = 0;
        for (std::size_t i = n_; i < batches_.size(); ++i) {
            n += static_cast<std::size_t>(
                std::ranges::count_if(batches_[i], [](const BatchRow& row) { return row.steering != nullptr; }));
        }
        return n;
    }
    /// Batches after the n-th until each sequence had its logits; by sequence.
    [[nodiscard]] std::map<std::size_t, std::size_t> batches_to_next_token() const {
        std::map<std::size_t, std::size_t> needed;
        for (std::size_t i = n_; i < batches_.size(); ++i) {
            for (const BatchRow& row : batches_[i]) {
                if (row.wants_logits) needed.try_emplace(row.sequences.front(), i - n_ + 1);
            }
        }
        return needed;
    }
    [[nodiscard]] const std::vector<std::vector<BatchRow>>& batches() const { return batches_; }
    /// From the n-th batch's beginning to that of the one after so many more.
    [[nodiscard]] double milliseconds_to(std::size_t batches) const {
        return std::chrono::duration<double, std::milli>(begun_.at(n_ + batches) - begun_.at(n_ - 1)).count();
    }

private:
    std::size_t n_;
    std::function<void()> act_;
    std::vector<std::vector<BatchRow>> batches_;
    std::vector<Clock::time_point> begun_;
};

TEST(SteeringSwitch, IsOffOnceAndForEver) {
    SteeringSwitch one(WhenSwitchedOff::end);
    EXPECT_FALSE(one.is_off());
    one.switch_off();
    one.switch_off();
    EXPECT_TRUE(one.is_off());
    EXPECT_EQ(one.rule(), WhenSwitchedOff::end);
}

TEST(SteeringSwitch, TheNextTokenIsUnsteeredEvenWhereItsBatchWasNot) {
    const Switch off = made();
    const auto request = switchable(off, 20, "the ship and the bridge");
    AtBatch at(4, [&] { off->switch_off(); });  // whose token would be the fourth
    Written answer;
    {
        Scheduler scheduler(served_model(), at.in(small_scheduler()));
        answer = written(scheduler, request);
    }
    EXPECT_EQ(answer.end.reason, FinishReason::length);
    EXPECT_EQ(answer.end.generated_tokens, 20U);
    EXPECT_TRUE(answer.end.switched_off);
    EXPECT_EQ(answer.end.switched_off_at, 3U);
    EXPECT_TRUE(is_as_cold(request, answer));
    EXPECT_EQ(at.steered_rows_afterwards(), 0U);
    Written as_if_steered = answer;
    as_if_steered.end.switched_off = false;
    EXPECT_FALSE(is_as_cold(request, as_if_steered)) << "the steering is too weak to be told from none";
}

TEST(SteeringSwitch, MayEndAnswersInstead) {
    const Switch off = made(WhenSwitchedOff::end);
    const auto request = switchable(off, 20, "the ship and the bridge");
    AtBatch at(4, [&] { off->switch_off(); });
    Scheduler scheduler(served_model(), at.in(small_scheduler()));
    const Written answer = written(scheduler, request);
    EXPECT_EQ(answer.end.reason, FinishReason::switched_off);
    EXPECT_EQ(to_string(answer.end.reason), "switched_off");
    EXPECT_EQ(answer.end.generated_tokens, 3U);
    EXPECT_TRUE(answer.end.switched_off);
    EXPECT_EQ(answer.end.switched_off_at, 3U);
    EXPECT_TRUE(is_as_cold(request, answer));
    EXPECT_EQ(written(scheduler, request).end.reason, FinishReason::switched_off) << "once and for ever";
}

TEST(SteeringSwitch, SixteenAnswersAreSwitchedOffTogether) {
    constexpr std::size_t kAnswers = 16;
    const Switch off = made();
    SchedulerOptions options = small_scheduler(kAnswers);
    options.batch_tokens = 256;
    options.prompt_rows_beside_answers = 128;
    testing::GatedBatches gate;  // so that all begin in one batch
    std::vector<CompletionRequest> requests;
    std::vector<std::shared_ptr<CompletionStream>> streams;
    std::size_t rows = 0;  // to be read again
    std::vector<Written> answers;
    AtBatch at(12, [&] { off->switch_off(); });
    options = at.in(options);
    options.before_decode = [hold = gate.hook(), count = options.before_decode](std::span<const BatchRow> batch) {
        hold(batch);
        count(batch);
    };
    {
        Scheduler scheduler(served_model(), options);
        const auto first = submitted(scheduler, greedy(tokens_of("a"), 1));
        gate.wait_for_batches(1);
        for (std::size_t i = 0; i < kAnswers; ++i) {
            const std::string text = testing::english(30 + i, static_cast<unsigned>(i));
            requests.push_back(switchable(off, 40, text, strong(i % 2 == 0 ? "calm" : "loud")));
            streams.push_back(submitted(scheduler, requests.back()));
        }
        gate.open();
        for (const auto& stream : streams) answers.push_back(read_all(*stream));
    }
    for (std::size_t i = 0; i < kAnswers; ++i) {
        EXPECT_TRUE(answers[i].end.switched_off) << i;
        EXPECT_GT(answers[i].end.switched_off_at, 0U) << i;
        EXPECT_LT(answers[i].end.switched_off_at, 12U) << i;
        EXPECT_TRUE(is_as_cold(requests[i], answers[i])) << i;
        rows += requests[i].prompt.size() + answers[i].end.switched_off_at;
    }
    EXPECT_EQ(at.steered_rows_afterwards(), 0U);
    const auto needed = at.batches_to_next_token();
    ASSERT_EQ(needed.size(), kAnswers);
    const std::size_t last = std::ranges::max_element(needed, {}, [](const auto& one) { return one.second; })->second;
    RecordProperty("rows_read_again", static_cast<int>(rows));
    RecordProperty("batches_to_the_last_next_token", static_cast<int>(last));
    RecordProperty("milliseconds_to_the_last_next_token", std::to_string(at.milliseconds_to(last)));
    EXPECT_LE(last, rows / options.prompt_rows_beside_answers + 2) << rows << " rows to be read again";
}

TEST(SteeringSwitch, WhatWaitsStartsUnsteeredOrEnds) {
    testing::GatedBatches gate;
    SchedulerOptions options = small_scheduler(1);
    options.before_decode = gate.hook();
    Scheduler scheduler(served_model(), options);
    const auto running = submitted(scheduler, greedy(tokens_of("the ship"), 4));
    const Switch off = made();
    const Switch ends = made(WhenSwitchedOff::end);
    const auto request = switchable(off, 6, "the ship and the bridge");
    const auto waiting = submitted(scheduler, request);
    const auto ended = submitted(scheduler, switchable(ends, 6, "the ship and the bridge"));
    gate.wait_for_batches(1);
    off->switch_off();
    ends->switch_off();
    gate.open();
    const Written answer = read_all(*waiting);
    EXPECT_TRUE(answer.end.switched_off);
    EXPECT_EQ(answer.end.switched_off_at, 0U);
    EXPECT_EQ(answer.end.generated_tokens, 6U);
    EXPECT_TRUE(is_as_cold(request, answer));
    EXPECT_GT(answer.end.cached_tokens, 0U) << "an unsteered beginning is shared at once";
    const Written none = read_all(*ended);
    EXPECT_EQ(none.end.reason, FinishReason::switched_off);
    EXPECT_EQ(none.end.generated_tokens, 0U);
}

TEST(SteeringSwitch, APromptThatIsBeingReadIsReadAgain) {
    const Switch off = made();
    auto request = switchable(off, 5, testing::english(400));
    request.prompt.resize(80);
    request.steering = steering_by({{.name = "calm", .dose = 4.0, .after = 10}});
    AtBatch at(2, [&] { off->switch_off(); });  // the second piece of three
    {
        Scheduler scheduler(served_model(), at.in(small_scheduler()));
        const Written answer = written(scheduler, request);
        EXPECT_EQ(answer.end.switched_off_at, 0U);
        EXPECT_EQ(answer.end.generated_tokens, 5U);
        EXPECT_TRUE(is_as_cold(request, answer));
    }
    EXPECT_EQ(at.steered_rows_afterwards(), 0U) << "the third piece was steered still";
    EXPECT_EQ(at.batches().at(2).front().position, 10U) << "the unsteered beginning stays";
}

TEST(SteeringSwitch, SteeringThatHasNotBegunCostsNoReadingAgain) {
    const Switch off = made();
    auto request = switchable(off, 20, "the ship and the bridge");
    request.steering = steering_by({{.name = "calm", .dose = 4.0, .after = request.prompt.size() + 10}});
    AtBatch at(4, [&] { off->switch_off(); });
    Scheduler scheduler(served_model(), at.in(small_scheduler()));
    const Written answer = written(scheduler, request);
    EXPECT_EQ(answer.end.switched_off_at, 3U);
    EXPECT_TRUE(is_as_cold(request, answer));
    ASSERT_TRUE(scheduler.drain(std::chrono::seconds(60)));
    EXPECT_EQ(scheduler.stats().decodes, 20U);
}

TEST(SteeringSwitch, NeighboursKeepTheirSteering) {
    const Switch off = made();
    const Switch other = made();
    const auto request = switchable(off, 20, "the ship and the bridge");
    const auto neighbour = switchable(other, 24, "rain over the other garden", strong("loud"));
    auto alone = greedy(tokens_of("the ship and the bridge"), 24, strong("dry"));
    AtBatch at(6, [&] { off->switch_off(); });
    Scheduler scheduler(served_model(), at.in(small_scheduler()));
    const auto beside = submitted(scheduler, neighbour);
    const auto without_switch = submitted(scheduler, alone);
    const Written answer = written(scheduler, request);
    EXPECT_TRUE(answer.end.switched_off);
    EXPECT_TRUE(is_as_cold(request, answer));
    for (const auto& [kept, stream] : {std::pair(neighbour, beside), std::pair(alone, without_switch)}) {
        const Written untouched = read_all(*stream);
        EXPECT_FALSE(untouched.end.switched_off);
        EXPECT_EQ(untouched.end.generated_tokens, 24U);
        EXPECT_TRUE(is_as_cold(kept, untouched));
    }
}

TEST(SteeringSwitch, AnUnsteeredAnswerDoesNotLookAtIt) {
    const Switch off = made(WhenSwitchedOff::end);
    off->switch_off();
    Scheduler scheduler(served_model(), small_scheduler());
    const auto request = switchable(off, 5, "the ship", {});
    const Written answer = written(scheduler, request);
    EXPECT_EQ(answer.end.reason, FinishReason::length);
    EXPECT_FALSE(answer.end.switched_off);
}

TEST(SteeringSwitch, WhatWasReadIsSharedAsWhatItIs) {
    const Switch off = made();
    const auto request = switchable(off, 20, "the ship and the bridge");
    AtBatch at(4, [&] { off->switch_off(); });
    Scheduler scheduler(served_model(), at.in(small_scheduler(1)));
    const Written answer = written(scheduler, request);
    auto longer = greedy(request.prompt, 3);
    for (const Token token : answer.ids()) longer.prompt.push_back(token);
    const Written unsteered = written(scheduler, longer);
    EXPECT_EQ(unsteered.end.cached_tokens, longer.prompt.size() - 1) << "all but the last drawn was read unsteered";
    EXPECT_TRUE(is_as_cold(longer, unsteered));
    auto steered = longer;
    steered.steering = strong();
    const Written anew = written(scheduler, steered);
    EXPECT_EQ(anew.end.cached_tokens, 0U);
    EXPECT_TRUE(is_as_cold(steered, anew));
}

TEST(SteeringSwitch, AnAnswerThatEndedLeavesNoSteeredBeginningToUnsteeredOnes) {
    const Switch ends = made(WhenSwitchedOff::end);
    AtBatch at(4, [&] { ends->switch_off(); });
    Scheduler scheduler(served_model(), at.in(small_scheduler(1)));
    EXPECT_EQ(written(scheduler, switchable(ends, 20, "the ship and the bridge")).end.generated_tokens, 3U);
    const auto next = greedy(tokens_of("the ship and the bridge"), 5);
    const Written unsteered = written(scheduler, next);
    EXPECT_EQ(unsteered.end.cached_tokens, 0U);
    EXPECT_TRUE(is_as_cold(next, unsteered));
}

TEST(SteeringSwitch, ABatchThatFailsAfterwardsIsReadAgainUnsteered) {
    const Switch off = made();
    const std::vector<CompletionRequest> requests = {switchable(off, 20, "the ship and the bridge"),
                                                     switchable(off, 20, "rain over the other garden", strong("loud"))};
    testing::GatedBatches gate;  // a batch that fails ends an answer that is alone in it
    std::size_t batches = 0;
    SchedulerOptions options = small_scheduler();
    options.before_decode = [&, hold = gate.hook()](std::span<const BatchRow> rows) {
        hold(rows);
        ++batches;
        if (batches == 6) off->switch_off();
        if (batches == 7) throw std::runtime_error("once");
    };
    Scheduler scheduler(served_model(), options);
    std::vector<std::shared_ptr<CompletionStream>> streams;
    for (const auto& request : requests) streams.push_back(submitted(scheduler, request));
    gate.open();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const Written answer = read_all(*streams[i]);
        EXPECT_TRUE(answer.end.switched_off) << i;
        EXPECT_EQ(answer.end.generated_tokens, 20U) << i << " " << answer.end.error;
        EXPECT_TRUE(is_as_cold(requests[i], answer)) << i;
    }
    EXPECT_EQ(scheduler.stats().failed_decodes, 1U);
}

TEST(SteeringSwitch, ThrownByOtherThreadsUnderLoad) {
    Scheduler scheduler(served_model(), small_scheduler(4));
    std::atomic<std::size_t> in_the_middle = 0;
    std::vector<std::thread> clients;
    for (unsigned c = 0; c < 8; ++c) {
        clients.emplace_back([&, c] {
            std::mt19937 random(c);
            for (std::size_t i = 0; i < 6; ++i) {
                const Switch off = made(i % 3 == 2 ? WhenSwitchedOff::end : WhenSwitchedOff::go_on_unsteered);
                const auto request = switchable(off, 24, testing::english(20 + 9 * i, c % 3), strong());
                const auto stream = submitted(scheduler, request);
                std::thread thrower([&, wait = random() % 4] {
                    if (wait > 0) (void)stream->wait_for(std::chrono::seconds(60));
                    std::this_thread::sleep_for(std::chrono::microseconds(100 * wait));
                    off->switch_off();
                });
                thrower.join();
                const Written answer = read_all(*stream);
                if (answer.tokens.empty()) continue;
                EXPECT_TRUE(is_as_cold(request, answer)) << c << " " << i;
                if (answer.end.switched_off && answer.end.switched_off_at > 0) ++in_the_middle;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_GT(in_the_middle, 0U) << "none was thrown in the middle of an answer";
    ASSERT_TRUE(scheduler.drain(std::chrono::seconds(60)));
    EXPECT_EQ(scheduler.stats().failed_decodes, 0U);
}

}  // namespace
}  // namespace contrans
