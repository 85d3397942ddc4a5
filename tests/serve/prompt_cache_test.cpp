// The prompt cache against cold runs: whatever came before, an answer is what an engine that knows nothing would give.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "contrans/serve/scheduler.h"
#include "gtest/gtest.h"
#include "tests/runtime/tiny_models.h"
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
using testing::Written;
using testing::written;

TEST(PromptCache, ASecondTurnReadsOnlyWhatIsNew) {
    Scheduler scheduler(served_model(), small_scheduler(2));
    const auto steering = steering_by({{.name = "calm"}});
    const auto first = greedy(tokens_of("the ship and the bridge over the water"), 6, steering);
    const Written answer = written(scheduler, first);
    auto prompt = first.prompt;
    const auto ids = answer.ids();
    prompt.insert(prompt.end(), ids.begin(), ids.end());
    const auto more = tokens_of(" and then");
    prompt.insert(prompt.end(), more.begin(), more.end());
    const auto second = greedy(prompt, 4, steering);
    const Written next = written(scheduler, second);
    EXPECT_EQ(next.end.cached_tokens, first.prompt.size() + 5);  // the sixth was drawn, not read
    EXPECT_TRUE(is_as_cold(second, next));
}

TEST(PromptCache, AnotherConceptReadsAnewFromTheFirstSteeredPosition) {
    Scheduler scheduler(served_model(), small_scheduler(8));
    const auto prompt = tokens_of("the ship and the bridge over the water");
    const auto cached = [&](const std::vector<ConceptChoice>& choices) {
        const auto request = greedy(prompt, 2, steering_by(choices));
        const Written answer = written(scheduler, request);
        EXPECT_TRUE(is_as_cold(request, answer));
        return answer.end.cached_tokens;
    };
    EXPECT_EQ(cached({}), 0U);
    EXPECT_EQ(cached({}), prompt.size() - 1);
    EXPECT_EQ(cached({{.name = "calm", .dose = 1.0}}), 0U);
    EXPECT_EQ(cached({{.name = "calm", .dose = 1.0, .after = 4}}), 4U);
    EXPECT_EQ(cached({{.name = "calm", .dose = 1.1, .after = 6}}), 6U);
    // Steered where it is generated alone: the prompt is the unsteered one.
    EXPECT_EQ(cached({{.name = "calm", .dose = 1.0, .tokens = TokenRange::generated}}), prompt.size() - 1);
}

TEST(PromptCache, ARunningAnswersPromptIsSharedToo) {
    Scheduler scheduler(served_model(), small_scheduler(2));
    auto prompt = tokens_of(testing::english(200));
    prompt.resize(40);
    const auto running = submitted(scheduler, greedy(prompt, 50));
    ASSERT_TRUE(running->wait_for(std::chrono::seconds(60)));  // it has read its prompt
    const auto request = greedy(prompt, 3);
    const Written beside = written(scheduler, request);
    EXPECT_EQ(beside.end.cached_tokens, prompt.size() - 1);
    EXPECT_TRUE(is_as_cold(request, beside));
    EXPECT_TRUE(is_as_cold(greedy(prompt, 50), read_all(*running)));
}

TEST(PromptCache, AShortCommonBeginningDoesNotCostALongConversation) {
    Scheduler scheduler(served_model(), small_scheduler(2));
    auto conversation = tokens_of(testing::english(300));
    conversation.resize(70);
    (void)written(scheduler, greedy(conversation, 1));
    auto other = tokens_of(testing::english(300, 5));
    other.resize(20);
    std::copy_n(conversation.begin(), 10, other.begin());
    other[10] = other[10] == conversation[10] ? other[10] + 1 : other[10];
    EXPECT_EQ(written(scheduler, greedy(other, 1)).end.cached_tokens, 10U);
    EXPECT_EQ(written(scheduler, greedy(conversation, 1)).end.cached_tokens, 69U);
}

/// Random prompts of few beginnings, in random steering.
class RandomRequests {
public:
    explicit RandomRequests(unsigned seed) : random_(seed) {}

    CompletionRequest next() {
        CompletionRequest request = greedy(prompt(), 1 + random_() % 6, steering());
        request.sampling.temperature = 1;
        request.sampling.seed = static_cast<std::uint32_t>(random_());
        request.steering_switch = switches_[random_() % 4];
        return request;
    }
    std::size_t below(std::size_t n) { return random_() % n; }
    /// Switches one of those off that requests have, and takes another for later ones.
    void throw_a_switch() {
        auto& one = switches_[1 + random_() % 3];
        one->switch_off();
        one = fresh_switch();
    }

private:
    std::vector<Token> prompt() {
        auto tokens = tokens_of(testing::english(200, static_cast<unsigned>(random_() % 3)));
        tokens.resize(1 + random_() % 50);
        const std::size_t tail = random_() % 8;
        for (std::size_t i = 0; i < tail; ++i) tokens.push_back(static_cast<Token>(1 + random_() % 250));
        return tokens;
    }

    ConceptChoice choice(const std::string& name) {
        static constexpr SteeringOperator kOperators[] = {SteeringOperator::add, SteeringOperator::add,
                                                          SteeringOperator::project_out,
                                                          SteeringOperator::add_keeping_norm, SteeringOperator::clamp};
        ConceptChoice made{.name = name};
        made.op = kOperators[random_() % 5];
        made.dose = made.op == SteeringOperator::project_out ? 1.0 : 0.5 * static_cast<double>(1 + random_() % 3);
        made.tokens = static_cast<TokenRange>(random_() % 3);
        made.after = random_() % 3 == 0 ? random_() % 30 : 0;
        if (name == "calm" && random_() % 4 == 0) made.gate = GateChoice{"dry", 0};
        return made;
    }

    RequestSteering steering() {
        std::vector<ConceptChoice> choices;
        if (random_() % 3 == 0) return {};
        for (const char* name : {"calm", "loud", "dry"}) {
            if (random_() % 3 == 0) choices.push_back(choice(name));
        }
        return steering_by(choices);
    }

    std::shared_ptr<SteeringSwitch> fresh_switch() {
        return std::make_shared<SteeringSwitch>(static_cast<WhenSwitchedOff>(random_() % 2));
    }

    std::mt19937 random_;
    std::array<std::shared_ptr<SteeringSwitch>, 4> switches_ = {nullptr, fresh_switch(), fresh_switch(),
                                                                fresh_switch()};
};

TEST(PromptCache, NeverGivesAWrongStateWhateverCameBefore) {
    std::size_t cached = 0;
    std::size_t switched_off = 0;
    for (unsigned seed = 0; seed < 4; ++seed) {
        Scheduler scheduler(served_model(), small_scheduler(1 + seed));
        RandomRequests random(seed);
        for (int round = 0; round < 25; ++round) {
            std::vector<CompletionRequest> requests;
            std::vector<std::shared_ptr<CompletionStream>> streams;
            for (std::size_t n = 1 + random.below(4); n > 0; --n) {
                requests.push_back(random.next());
                streams.push_back(submitted(scheduler, requests.back()));
                if (random.below(6) == 0) streams.back()->cancel();
            }
            if (random.below(2) == 0) std::this_thread::sleep_for(std::chrono::microseconds(random.below(8000)));
            if (random.below(2) == 0) random.throw_a_switch();
            for (std::size_t i = 0; i < requests.size(); ++i) {
                const Written answer = read_all(*streams[i]);
                if (answer.end.switched_off) ++switched_off;
                const bool dropped =
                    answer.end.reason == FinishReason::cancelled || answer.end.reason == FinishReason::switched_off;
                if (dropped && answer.tokens.empty()) continue;
                ASSERT_TRUE(is_as_cold(requests[i], answer)) << "seed " << seed << " round " << round << " " << i;
                cached += answer.end.cached_tokens;
            }
        }
    }
    EXPECT_GT(cached, 500U) << "the cache was hardly used";
    EXPECT_GT(switched_off, 0U) << "no answer was switched off";
}

}  // namespace
}  // namespace contrans
