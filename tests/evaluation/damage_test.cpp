#include "contrans/evaluation/damage.h"

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/evaluation/log_softmax.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::english;
using testing::RawContext;
using testing::throws_error;
using testing::tiny_source_model;

using Plan = std::shared_ptr<const SteeringPlan>;

Plan plan_of(float value) {
    std::vector<float> offset(64);
    for (std::size_t i = 0; i < offset.size(); ++i) offset[i] = i % 3 == 0 ? value : -value;
    return std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{2}, offset}});
}

std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (unsigned i = 0; i < 12; ++i) all.push_back(english(25 + 9 * i, i));
    return all;
}

Damage measured(const std::vector<std::string>& all, const Plan& plan, const NextTokenOptions& options) {
    DamageMeter meter(tiny_source_model(), all, options, {});
    return meter.measure({&plan, 1}, {}).front();
}

/// The same read text by text, whole, in f64.
Damage naive(const std::vector<std::string>& all, const SteeringPlan::Step& step, std::size_t positions) {
    RawContext plain(*tiny_source_model());
    RawContext steered(*tiny_source_model());
    steered.steer(step.layer, step.offset);
    double kl = 0;
    double surprise = 0;
    double n = 0;
    for (const std::string& text : all) {
        const auto tokens = tiny_source_model()->tokenizer().tokenise(text);
        const Matrix p = plain.read(tokens).logits;
        const Matrix q = steered.read(tokens).logits;
        for (std::size_t k = 0; k < positions; ++k) {
            const std::size_t at = (k + 1) * (tokens.size() - 1) / (positions + 1);
            const auto next = static_cast<std::size_t>(tokens[at + 1]);
            const auto p_row = p.row(at);
            const auto q_row = q.row(at);
            double sum = 0;
            for (std::size_t i = 0; i < p_row.size(); ++i) {
                const double log_p = static_cast<double>(p_row[i]) - log_sum_exp(p_row);
                sum += std::exp(log_p) * (log_p - (static_cast<double>(q_row[i]) - log_sum_exp(q_row)));
            }
            kl += sum;
            surprise += (static_cast<double>(p_row[next]) - log_sum_exp(p_row)) -
                        (static_cast<double>(q_row[next]) - log_sum_exp(q_row));
            n += 1;
        }
    }
    return {kl / n, std::exp(surprise / n)};
}

TEST(Damage, IsTheMeanOverTextsAndPositions) {
    const Plan plan = plan_of(0.3F);
    for (const std::size_t positions : {1U, 3U}) {
        const Damage expected = naive(texts(), plan->steps()[0], positions);
        const Damage damage = measured(texts(), plan, {.positions = positions, .threads = 1});
        EXPECT_NEAR(damage.kl_nats, expected.kl_nats, 0.01 * expected.kl_nats) << positions;
        EXPECT_NEAR(damage.perplexity_ratio, expected.perplexity_ratio, 0.01) << positions;
        EXPECT_GT(expected.kl_nats, 0.01);
        EXPECT_GT(std::abs(expected.perplexity_ratio - 1), 0.02);
    }
}

TEST(Damage, IsNothingForTheUnsteeredModel) {
    const Damage none = measured(texts(), nullptr, {.positions = 2, .threads = 1});
    EXPECT_EQ(none.kl_nats, 0);
    EXPECT_EQ(none.perplexity_ratio, 1);
    const Damage by_nothing = measured(texts(), plan_of(0), {.positions = 2, .threads = 1});
    EXPECT_NEAR(by_nothing.kl_nats, 0, 1e-5);
    EXPECT_NEAR(by_nothing.perplexity_ratio, 1, 1e-3);
}

TEST(Damage, RisesWithTheDose) {
    DamageMeter meter(tiny_source_model(), texts(), {.threads = 1}, {});
    const std::vector<Plan> plans = {nullptr,       plan_of(0.05F), plan_of(0.1F),
                                     plan_of(0.2F), plan_of(0.4F),  plan_of(0.8F)};
    const std::vector<Damage> damages = meter.measure(plans, {});
    for (std::size_t i = 1; i < damages.size(); ++i) EXPECT_GT(damages[i].kl_nats, damages[i - 1].kl_nats) << i;
    // Small doses: twice the dose, four times the damage.
    EXPECT_NEAR(damages[2].kl_nats / damages[1].kl_nats, 4, 0.8);
    // Each as it is alone.
    for (std::size_t i = 1; i < plans.size(); ++i) {
        EXPECT_NEAR(meter.measure({&plans[i], 1}, {}).front().kl_nats / damages[i].kl_nats, 1, 0.02) << i;
    }
}

TEST(Damage, LooksAtAsManyTextsAndPositionsAsAsked) {
    EXPECT_EQ(DamageMeter(tiny_source_model(), texts(), {.threads = 1}, {}).n(), 12U);
    EXPECT_EQ(DamageMeter(tiny_source_model(), texts(), {.texts = 5, .positions = 2, .threads = 1}, {}).n(), 10U);
    EXPECT_EQ(DamageMeter(tiny_source_model(), texts(), {.texts = 500, .threads = 1}, {}).n(), 12U);
    std::vector<std::string> first = texts();
    first.resize(5);
    EXPECT_NEAR(measured(texts(), plan_of(0.3F), {.texts = 5, .threads = 1}).kl_nats,
                measured(first, plan_of(0.3F), {.threads = 1}).kl_nats, 1e-6);
}

TEST(Damage, ShortTextsAreLeftOutAndSomeMustBeLeft) {
    std::vector<std::string> all = texts();
    all.insert(all.begin(), "abc");
    EXPECT_EQ(DamageMeter(tiny_source_model(), all, {.threads = 1}, {}).n(), 12U);
    const std::vector<std::string> short_ones = {"abc", "x"};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"at least 4 tokens"},
                             [&] { DamageMeter(tiny_source_model(), short_ones, {}, {}); }));
}

TEST(Damage, ATextOverTheContextIsReadAsFarAsNeeded) {
    const std::vector<std::string> all = {english(1200)};
    ASSERT_GT(tiny_source_model()->tokenizer().tokenise(all[0]).size(), 512U);
    EXPECT_EQ(DamageMeter(tiny_source_model(), all, {.threads = 1}, {}).n(), 1U);
}

}  // namespace
}  // namespace contrans
