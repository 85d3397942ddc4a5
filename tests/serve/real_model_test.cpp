// Gemma 3 with its sliding windows and SmolLM2, served: against llama.cpp's own control vectors, against each alone,
// and beyond the window.
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "contrans/linalg/products.h"
#include "contrans/serve/scheduler.h"
#include "gtest/gtest.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"
#include "tests/serve/cold_run.h"
#include "tests/serve/served_world.h"

namespace contrans {
namespace {

using testing::is_as_cold;
using testing::RawContext;
using testing::read_all;
using testing::submitted;
using testing::Written;

using SharedModel = std::shared_ptr<const Model>;

// The f16 cache, and inputs that are rounded to BF16 before every product: another kernel, for batches of another size,
// adds in another order, and a bit that differs there makes some round the other way.
constexpr double kKernelTolerance = 0.1;

class ServedModel : public ::testing::TestWithParam<SharedModel (*)()> {
protected:
    // BF16 rounds alike whatever the batch, K-quants do not (DESIGN §4).
    void SetUp() override { model_ = Model::load(GetParam()()->file(), {.weights = WeightMode::expand_slow}); }

    [[nodiscard]] std::vector<Token> tokens(const std::string& text) const {
        return model_->tokenizer().tokenise(text);
    }

    [[nodiscard]] CompletionRequest greedy(const std::string& text, std::size_t n,
                                           RequestSteering steering = {}) const {
        CompletionRequest request;
        request.prompt = tokens(text);
        request.sampling.temperature = 0;
        request.max_tokens = n;
        request.logprobs = 0;
        request.steering = std::move(steering);
        return request;
    }

    /// A direction as long as the states differ: the difference of two words' states.
    [[nodiscard]] std::vector<float> direction(std::size_t layer, std::size_t which) const {
        const auto reading = RawContext(*model_, 64).read(tokens("The water stands over seven iron bridges at night."));
        std::vector<float> difference(model_->d_model());
        for (std::size_t i = 0; i < difference.size(); ++i) {
            difference[i] = 0.5F * (reading.states[layer](which + 1, i) - reading.states[layer](which + 2, i));
        }
        return difference;
    }

    [[nodiscard]] RequestSteering steering(std::size_t layer, std::size_t which) const {
        const auto plan = std::make_shared<const SteeringPlan>(
            std::vector<SteeringPlan::Step>{{LayerIndex{layer}, direction(layer, which)}});
        return {{{0, plan, plan}}, {}};
    }

    [[nodiscard]] SchedulerOptions options(std::size_t slots, std::size_t context) const {
        SchedulerOptions made;
        made.slots = slots;
        made.context_tokens = context;
        made.batch_tokens = 256;
        return made;
    }

    SharedModel model_;
};

INSTANTIATE_TEST_SUITE_P(All, ServedModel, ::testing::Values(&testing::real_smollm2, &testing::real_gemma3),
                         [](const auto& model) { return std::string(model.index == 0 ? "SmolLM2" : "Gemma3"); });

TEST_P(ServedModel, AStaticVectorIsLlamaCppsOwn) {
    const std::size_t layer = model_->n_layers() * 3 / 4;
    Scheduler scheduler(model_, options(2, 128));
    const auto request = greedy("Customer: My parcel has not arrived. Where is it?\nSupport:", 24, steering(layer, 3));
    const Written answer = testing::written(scheduler, request);
    RawContext raw(*model_, 128);
    raw.steer(LayerIndex{layer}, direction(layer, 3));
    std::vector<Token> all = request.prompt;
    const auto ids = answer.ids();
    ASSERT_FALSE(ids.empty());
    all.insert(all.end(), ids.begin(), ids.end());
    const Matrix logits = raw.read(all).logits;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto row = logits.row(request.prompt.size() - 1 + i);
        const double own = static_cast<double>(row[static_cast<std::size_t>(ids[i])]);
        double total = 0;
        for (const float x : row) total += std::exp(static_cast<double>(x) - own);
        EXPECT_NEAR(answer.tokens[i].logprob, -std::log(total), kKernelTolerance) << i;
        EXPECT_LE(static_cast<double>(*std::max_element(row.begin(), row.end())) - own, kKernelTolerance) << i;
    }
    EXPECT_NE(
        ids,
        testing::written(scheduler, greedy("Customer: My parcel has not arrived. Where is it?\nSupport:", 24)).ids());
}

TEST_P(ServedModel, SteeredAloneIsSteeredInAMixedBatchOfSixteen) {
    const std::size_t layer = model_->n_layers() * 3 / 4;
    Scheduler scheduler(model_, options(16, 96));
    std::vector<CompletionRequest> requests;
    std::vector<std::shared_ptr<CompletionStream>> streams;
    for (std::size_t i = 0; i < 16; ++i) {
        requests.push_back(greedy("The letter number " + std::to_string(i) + " begins with", 12,
                                  i % 2 == 0 ? RequestSteering() : steering(layer - i % 3, i % 6)));
        streams.push_back(submitted(scheduler, requests.back()));
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_TRUE(is_as_cold(requests[i], read_all(*streams[i]), kKernelTolerance, model_)) << i;
    }
    EXPECT_LT(scheduler.stats().decodes, 60U);
}

TEST_P(ServedModel, PrefixesBeyondTheSlidingWindowAreShared) {
    const std::size_t layer = model_->n_layers() / 2;
    Scheduler scheduler(model_, options(2, 720));
    const std::string text = testing::english(3000);
    const auto steered = steering(layer, 1);
    const auto first = greedy(text + " one", 4, steered);
    const auto second = greedy(text + " two", 4, steered);
    const auto plain = greedy(text + " two", 4);
    ASSERT_GT(first.prompt.size(), 512U);
    (void)testing::written(scheduler, first);
    const Written shared = testing::written(scheduler, second);
    EXPECT_GE(shared.end.cached_tokens, first.prompt.size() - 3);
    EXPECT_TRUE(is_as_cold(second, shared, kKernelTolerance, model_));
    const Written other = testing::written(scheduler, plain);
    EXPECT_EQ(other.end.cached_tokens, 0U);
    EXPECT_TRUE(is_as_cold(plain, other, kKernelTolerance, model_));
}

TEST_P(ServedModel, SwitchedOffBeyondTheSlidingWindowTheNextTokenIsUnsteered) {
    const auto off = std::make_shared<SteeringSwitch>(WhenSwitchedOff::go_on_unsteered);
    auto request = greedy(testing::english(3300), 10);
    // Steered over the prompt's last hundred alone: what stays is unsteered, and longer than a window.
    const auto plan = steering(model_->n_layers() / 2, 1).segments().front().prompt;
    request.steering = RequestSteering({{0, nullptr, nullptr}, {request.prompt.size() - 100, plan, plan}}, {});
    request.steering_switch = off;
    ASSERT_GT(request.prompt.size(), 612U);
    SchedulerOptions made = options(2, 740);
    std::size_t answer_batches = 0;
    made.before_decode = [&](std::span<const BatchRow> rows) {
        if (rows.size() == 1 && ++answer_batches == 4) off->switch_off();
    };
    Scheduler scheduler(model_, made);
    const Written answer = testing::written(scheduler, request);
    EXPECT_EQ(answer.end.switched_off_at, 4U);
    EXPECT_EQ(answer.end.generated_tokens, 10U);
    EXPECT_TRUE(is_as_cold(request, answer, kKernelTolerance, model_));
    // All of it was then read unsteered.
    EXPECT_EQ(testing::written(scheduler, greedy(testing::english(3300), 1)).end.cached_tokens,
              request.prompt.size() - 1);
}

}  // namespace
}  // namespace contrans
