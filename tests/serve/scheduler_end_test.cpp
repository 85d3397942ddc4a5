// How requests end before their time: cancelled, out of time, turned away, at the end of the scheduler.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "contrans/serve/scheduler.h"
#include "gtest/gtest.h"
#include "tests/serve/cold_run.h"
#include "tests/serve/gated_batches.h"
#include "tests/serve/served_world.h"

namespace contrans {
namespace {

using namespace std::chrono_literals;
using testing::GatedBatches;
using testing::greedy;
using testing::read_all;
using testing::served_model;
using testing::small_scheduler;
using testing::submitted;
using testing::tokens_of;

SchedulerOptions gated(GatedBatches& gate, std::size_t slots, std::size_t queue_limit = 64) {
    SchedulerOptions options = small_scheduler(slots);
    options.queue_limit = queue_limit;
    options.before_decode = gate.hook();
    return options;
}

CompletionRequest request(std::size_t max_tokens = 10) {
    return greedy(tokens_of("the ship and the bridge"), max_tokens);
}

TEST(SchedulerEnd, ACancelledRequestEndsAtTheNextBatch) {
    GatedBatches gate;
    Scheduler scheduler(served_model(), gated(gate, 1));
    const auto running = submitted(scheduler, request(80));
    const auto waiting = submitted(scheduler, request());
    const auto kept = submitted(scheduler, request(4));
    gate.wait_for_batches(1);
    running->cancel();
    waiting->cancel();
    gate.open();
    const auto ended = read_all(*running);
    EXPECT_EQ(ended.end.reason, FinishReason::cancelled);
    EXPECT_EQ(ended.end.generated_tokens, 1U);  // the batch that was under way
    EXPECT_EQ(read_all(*waiting).end.reason, FinishReason::cancelled);
    EXPECT_TRUE(testing::is_as_cold(request(4), read_all(*kept)));
}

TEST(SchedulerEnd, ARequestThatNobodyWaitsForIsCancelled) {
    GatedBatches gate;
    Scheduler scheduler(served_model(), gated(gate, 1));
    auto dropped = submitted(scheduler, request(80));
    gate.wait_for_batches(1);
    dropped.reset();
    gate.open();
    EXPECT_TRUE(scheduler.drain(10s));
    EXPECT_EQ(scheduler.stats().finished.at("cancelled"), 1U);
}

TEST(SchedulerEnd, TimeRunsOutWhileRunningAndWhileWaiting) {
    GatedBatches gate;
    Scheduler scheduler(served_model(), gated(gate, 1));
    auto brief = request(80);
    brief.time_limit = 500ms;  // long enough for the first batch to begin on a busy machine
    const auto running = submitted(scheduler, brief);
    const auto waiting = submitted(scheduler, brief);
    gate.wait_for_batches(1);
    std::this_thread::sleep_for(510ms);
    gate.open();
    EXPECT_EQ(read_all(*running).end.reason, FinishReason::time_limit);
    EXPECT_EQ(read_all(*waiting).end.reason, FinishReason::time_limit);
}

TEST(SchedulerEnd, AFullQueueTurnsAway) {
    GatedBatches gate;
    Scheduler scheduler(served_model(), gated(gate, 2, 1));
    std::vector<std::shared_ptr<CompletionStream>> taken;
    taken.push_back(submitted(scheduler, request()));
    gate.wait_for_batches(1);
    for (int i = 0; i < 2; ++i) taken.push_back(submitted(scheduler, request()));  // a slot and a place to wait
    const auto answer = scheduler.submit(request());
    ASSERT_TRUE(std::holds_alternative<Refused>(answer));
    EXPECT_EQ(std::get<Refused>(answer).why, Refused::Why::queue_full);
    EXPECT_GE(std::get<Refused>(answer).retry_after.count(), 1);
    EXPECT_EQ(scheduler.stats().refused, 1U);
    gate.open();
    for (const auto& stream : taken) EXPECT_EQ(read_all(*stream).end.reason, FinishReason::length);
    EXPECT_TRUE(std::holds_alternative<std::shared_ptr<CompletionStream>>(scheduler.submit(request(1))));
}

TEST(SchedulerEnd, DrainingLetsAnswersEndAndTakesNoMore) {
    GatedBatches gate;
    Scheduler scheduler(served_model(), gated(gate, 1));
    const auto running = submitted(scheduler, request(20));
    const auto waiting = submitted(scheduler, request(5));
    gate.wait_for_batches(1);
    std::thread drainer([&] { EXPECT_TRUE(scheduler.drain(60s)); });
    for (;;) {
        const auto answer = scheduler.submit(request(1));
        if (const auto* refused = std::get_if<Refused>(&answer)) {
            EXPECT_EQ(refused->why, Refused::Why::draining);
            break;
        }
        std::this_thread::sleep_for(1ms);
    }
    gate.open();
    EXPECT_EQ(read_all(*running).end.reason, FinishReason::length);
    EXPECT_EQ(read_all(*waiting).end.reason, FinishReason::length);
    drainer.join();
}

TEST(SchedulerEnd, PatienceEnds) {
    GatedBatches gate;
    Scheduler scheduler(served_model(), gated(gate, 1));
    const auto running = submitted(scheduler, request(0));
    const auto waiting = submitted(scheduler, request());
    auto embedding = std::get<std::future<Embedding>>(
        scheduler.embed({tokens_of("the ship"), LayerIndex{1}, TextPosition::mean, {}}));
    gate.wait_for_batches(1);
    std::thread opener([&] {
        std::this_thread::sleep_for(30ms);
        gate.open();
    });
    EXPECT_FALSE(scheduler.drain(1ms));
    opener.join();
    EXPECT_EQ(read_all(*running).end.reason, FinishReason::shutdown);
    EXPECT_EQ(read_all(*waiting).end.reason, FinishReason::shutdown);
    EXPECT_THROW((void)embedding.get(), Error);
}

TEST(SchedulerEnd, TheEndOfTheSchedulerIsTheEndOfItsAnswers) {
    std::shared_ptr<CompletionStream> running;
    {
        Scheduler scheduler(served_model(), small_scheduler(1));
        running = submitted(scheduler, request(0));
    }
    EXPECT_NE(running->end().reason, FinishReason::stop);
}

TEST(SchedulerEnd, AnIdleSchedulerIsDrainedAtOnce) {
    Scheduler scheduler(served_model(), small_scheduler(1));
    EXPECT_TRUE(scheduler.drain(10s));
}

}  // namespace
}  // namespace contrans
