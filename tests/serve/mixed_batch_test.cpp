// Sixteen answers of different steering in one batch are what each is alone.
#include <chrono>
#include <memory>
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

constexpr std::size_t kAnswers = 16;

SchedulerOptions for_sixteen() {
    SchedulerOptions options = small_scheduler(kAnswers + 1);
    options.batch_tokens = 256;
    return options;
}

RequestSteering steering_number(std::size_t i) {
    static const std::vector<std::string> kNames = {"calm", "loud", "dry"};
    ConceptChoice choice{.name = kNames[i % 3], .dose = 0.5 + 0.1 * static_cast<double>(i)};
    choice.op = i % 4 == 3 ? SteeringOperator::add_keeping_norm : SteeringOperator::add;
    if (i % 5 == 4) choice.tokens = TokenRange::generated;
    return steering_by({choice});
}

enum class Neighbours { plain, steered };

/// All sixteen admitted at once, so that batches have the same rows each time; even ones unsteered.
std::vector<Written> sixteen(Neighbours neighbours) {
    testing::GatedBatches gate;
    SchedulerOptions options = for_sixteen();
    options.before_decode = gate.hook();
    Scheduler scheduler(served_model(), options);
    const auto first = submitted(scheduler, greedy(tokens_of("a"), 1));
    gate.wait_for_batches(1);
    std::vector<std::shared_ptr<CompletionStream>> streams;
    for (std::size_t i = 0; i < kAnswers; ++i) {
        const bool steered = i % 2 == 1 && neighbours == Neighbours::steered;
        auto request = greedy(tokens_of(testing::english(30, static_cast<unsigned>(i))), 8,
                              steered ? steering_number(i) : RequestSteering());
        // Whatever the tokens, the same ones: neighbours must not differ in more than steering.
        request.sampling.logit_bias.push_back({static_cast<Token>(20 + i), 1000});
        streams.push_back(submitted(scheduler, std::move(request)));
    }
    gate.open();
    std::vector<Written> all;
    for (const auto& stream : streams) all.push_back(read_all(*stream));
    return all;
}

TEST(MixedBatch, SteeredAnswersAreWhatTheyAreAlone) {
    Scheduler scheduler(served_model(), for_sixteen());
    std::vector<CompletionRequest> requests;
    std::vector<std::shared_ptr<CompletionStream>> streams;
    for (std::size_t i = 0; i < kAnswers; ++i) {
        requests.push_back(
            greedy(tokens_of(testing::english(40 + 5 * i, static_cast<unsigned>(i))), 10, steering_number(i)));
        streams.push_back(submitted(scheduler, requests.back()));
    }
    for (std::size_t i = 0; i < kAnswers; ++i) EXPECT_TRUE(is_as_cold(requests[i], read_all(*streams[i]))) << i;
    const SchedulerStats stats = scheduler.stats();
    EXPECT_LT(stats.decodes, kAnswers * 10 / 2) << "they were not decoded together";
}

TEST(MixedBatch, UnsteeredNeighboursAreUnchangedBitForBit) {
    const auto plain = sixteen(Neighbours::plain);
    const auto beside = sixteen(Neighbours::steered);
    for (std::size_t i = 0; i < kAnswers; ++i) {
        ASSERT_EQ(plain[i].tokens.size(), 8U);
        ASSERT_EQ(beside[i].tokens.size(), 8U);
        bool changed = false;
        for (std::size_t t = 0; t < 8; ++t) {
            if (i % 2 == 0) {
                EXPECT_EQ(plain[i].tokens[t].logprob, beside[i].tokens[t].logprob) << i << " " << t;
            }
            changed = changed || plain[i].tokens[t].logprob != beside[i].tokens[t].logprob;
        }
        EXPECT_EQ(changed, i % 2 == 1) << i;
    }
}

TEST(MixedBatch, ManyClientsAtOnce) {
    Scheduler scheduler(served_model(), small_scheduler(4));
    std::vector<std::thread> clients;
    for (std::size_t c = 0; c < 8; ++c) {
        clients.emplace_back([&scheduler, c] {
            for (std::size_t i = 0; i < 6; ++i) {
                const auto request = greedy(tokens_of(testing::english(20 + 9 * i, static_cast<unsigned>(c % 3))), 6,
                                            i % 3 == 0 ? RequestSteering() : steering_number(c + i));
                const auto stream = submitted(scheduler, request);
                if ((c + i) % 5 == 0) stream->cancel();
                const Written answer = read_all(*stream);
                if (answer.end.reason == FinishReason::length) {
                    EXPECT_TRUE(is_as_cold(request, answer)) << c << " " << i;
                }
            }
        });
    }
    for (std::thread& client : clients) client.join();
    ASSERT_TRUE(scheduler.drain(std::chrono::seconds(60)));  // clients hear of the end before the count does
    const SchedulerStats stats = scheduler.stats();
    EXPECT_EQ(stats.running, 0U);
    EXPECT_EQ(stats.failed_decodes, 0U);
}

}  // namespace
}  // namespace contrans
