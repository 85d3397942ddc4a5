// What fails takes no other with it.
#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "contrans/serve/scheduler.h"
#include "gtest/gtest.h"
#include "tests/serve/cold_run.h"
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

constexpr Token kPoison = 200;

/// Fails every batch that reads the poison.
SchedulerOptions poisonable() {
    SchedulerOptions options = small_scheduler();
    options.before_decode = [](std::span<const BatchRow> rows) {
        const auto poisoned = [](const BatchRow& row) { return row.token == kPoison; };
        if (std::any_of(rows.begin(), rows.end(), poisoned)) throw std::runtime_error("poison");
    };
    return options;
}

CompletionRequest poisoned() {
    auto request = greedy(tokens_of("the ship"), 5);
    request.prompt.push_back(kPoison);
    return request;
}

TEST(SchedulerFailure, ABatchThatFailsEndsTheRequestThatMakesItFail) {
    Scheduler scheduler(served_model(), poisonable());
    std::vector<CompletionRequest> good;
    for (const char* concept_name : {"calm", "loud", "dry"}) {
        good.push_back(greedy(tokens_of("rain over the other garden"), 12, steering_by({{.name = concept_name}})));
        good.back().sampling.logit_bias.push_back({kPoison, -std::numeric_limits<double>::infinity()});
    }
    std::vector<std::shared_ptr<CompletionStream>> streams;
    for (const auto& request : good) streams.push_back(submitted(scheduler, request));
    const auto bad = submitted(scheduler, poisoned());
    auto reading = std::get<std::future<Embedding>>(
        scheduler.embed({tokens_of("the ship"), LayerIndex{1}, TextPosition::mean, {}}));
    const auto failed = read_all(*bad);
    EXPECT_EQ(failed.end.reason, FinishReason::failed);
    EXPECT_EQ(failed.end.error, "poison");
    for (std::size_t i = 0; i < good.size(); ++i) EXPECT_TRUE(is_as_cold(good[i], read_all(*streams[i]))) << i;
    EXPECT_EQ(reading.get().tokens, tokens_of("the ship").size());
    EXPECT_GE(scheduler.stats().failed_decodes, 1U);
}

TEST(SchedulerFailure, TheSchedulerGoesOnAfterAFailureAlone) {
    Scheduler scheduler(served_model(), poisonable());
    EXPECT_EQ(testing::written(scheduler, poisoned()).end.reason, FinishReason::failed);
    const auto request = greedy(tokens_of("the ship"), 5);
    EXPECT_TRUE(is_as_cold(request, testing::written(scheduler, request)));
}

TEST(SchedulerFailure, AnEmbeddingThatFailsThrows) {
    Scheduler scheduler(served_model(), poisonable());
    auto reading = std::get<std::future<Embedding>>(scheduler.embed({{5, kPoison}, LayerIndex{1}, {}, {}}));
    EXPECT_THROW((void)reading.get(), Error);
}

TEST(SchedulerFailure, AnAnswerThatCannotBeDrawnFailsAlone) {
    Scheduler scheduler(served_model(), small_scheduler());
    auto bad = greedy(tokens_of("the ship"), 5);
    for (Token token = 0; token < static_cast<Token>(served_model()->vocabulary_size()); ++token) {
        bad.sampling.logit_bias.push_back({token, -std::numeric_limits<double>::infinity()});
    }
    const auto request = greedy(tokens_of("the ship and the bridge"), 5);
    const auto good = submitted(scheduler, request);
    const auto failed = testing::written(scheduler, bad);
    EXPECT_EQ(failed.end.reason, FinishReason::failed);
    EXPECT_NE(failed.end.error.find("no token"), std::string::npos) << failed.end.error;
    EXPECT_TRUE(is_as_cold(request, read_all(*good)));
    EXPECT_EQ(scheduler.stats().failed_decodes, 0U);
}

}  // namespace
}  // namespace contrans
