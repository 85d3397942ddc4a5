#include "contrans/evaluation/proxy_tuning.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

std::shared_ptr<const SteeringPlan> steering() {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> offset(tiny_target_model()->d_model());
    for (float& x : offset) x = 0.3F * normal(random);
    return std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{2}, offset}});
}

ProxyTuning proxy(std::shared_ptr<const SteeringPlan> how) {
    return {tiny_target_model(), std::move(how), *tiny_target_model(), 1};
}

/// What is added is what the steering changes, so a model that is its own proxy answers as if it were steered.
TEST(ProxyTuning, OfAModelByItselfIsSteering) {
    Task task = testing::task(2);
    task.items[1].choices = {" warm day", " cold", " dark night was"};  // choices of several tokens
    TaskScorer scorer(tiny_target_model(), task, 1);
    const std::vector<ItemScores> tuned = proxy(steering()).score(scorer, {});
    const std::vector<ItemScores> steered = scorer.score_all(steering(), {});
    const std::vector<ItemScores> unsteered = scorer.score_all(nullptr, {});
    ASSERT_EQ(tuned.size(), steered.size());
    double moved = 0;
    for (std::size_t i = 0; i < tuned.size(); ++i) {
        EXPECT_EQ(tuned[i].top1, steered[i].top1);
        for (std::size_t c = 0; c < tuned[i].choice_log_likelihood.size(); ++c) {
            EXPECT_NEAR(tuned[i].choice_log_likelihood[c], steered[i].choice_log_likelihood[c], 1e-3);
            moved += std::abs(steered[i].choice_log_likelihood[c] - unsteered[i].choice_log_likelihood[c]);
        }
    }
    EXPECT_GT(moved, 0.1) << "the steering must change something";
}

TEST(ProxyTuning, DamagesAsTheSteeringDoes) {
    const std::vector<std::string> texts = testing::neutral(1);
    const NextTokenOptions how = {.texts = 6, .positions = 1, .threads = 1};
    DamageMeter meter(tiny_target_model(), texts, how, {});
    const auto plan = steering();
    const Damage steered = meter.measure({&plan, 1}, {}).front();
    const Damage tuned = proxy(plan).damage(meter, texts, how, {});
    EXPECT_GT(steered.kl_nats, 1e-3);
    EXPECT_NEAR(tuned.kl_nats / steered.kl_nats, 1, 1e-3);
    EXPECT_NEAR(tuned.perplexity_ratio, steered.perplexity_ratio, 1e-3);
    EXPECT_NEAR(proxy(nullptr).damage(meter, texts, how, {}).kl_nats, 0, 1e-6);
}

TEST(ProxyTuning, NeedsOneVocabulary) {
    EXPECT_TRUE(throws_error(ErrorKind::model, {"one vocabulary"},
                             [] { const ProxyTuning unlike(tiny_source_model(), nullptr, *tiny_target_model(), 1); }));
    require_same_vocabulary(*tiny_target_model(), *tiny_target_model());
}

TEST(ProxyTuning, ScoresChoicesAlone) {
    Task written = testing::task(2);
    written.kind = TaskKind::constrained;
    for (TaskItem& item : written.items) item.choices.clear();
    TaskScorer scorer(tiny_target_model(), written, 1);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"written"}, [&] { (void)proxy(nullptr).score(scorer, {}); }));
}

TEST(ProxyTuning, LogitsOfOtherItemsOrTextsAreRefused) {
    TaskScorer scorer(tiny_target_model(), testing::task(2), 1);
    const Matrix rows = scorer.read_logits(nullptr, {});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"other items"},
                             [&] { (void)scorer.score_with(Matrix(rows.rows() + 1, rows.cols()), {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"other items"},
                             [&] { (void)scorer.score_with(Matrix(rows.rows(), rows.cols() + 1), {}); }));
    const DamageMeter meter(tiny_target_model(), testing::neutral(1), {.texts = 3, .threads = 1}, {});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"other texts"}, [&] { (void)meter.of_added(Matrix(1, 1)); }));
}

}  // namespace
}  // namespace contrans
