#include "contrans/pipeline/drawn_controls.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::cosine;
using testing::neutral;
using testing::throws_error;
using testing::tiny_target_model;

/// The spread of two target layers.
const std::vector<LayerSpread>& spreads() {
    static const auto measured = measure_spread(tiny_target_model(), neutral(1), {LayerIndex{2}, LayerIndex{3}}, 1, {});
    return measured;
}

ControlVector treatment(double dose) {
    ControlVector vector;
    vector.name = "v";
    const LayerSpread& spread = spreads()[0];
    std::mt19937_64 random(77);
    std::vector<float> offset = draw_from_covariance(spread, random);
    const auto scale = static_cast<float>(dose * spread.sigma / norm(std::span<const float>(offset)));
    for (float& x : offset) x *= scale;
    vector.layers = {{spread.layer, offset, dose, 1, spread.sigma}};
    return vector;
}

class DrawnControls : public ::testing::Test {
protected:
    ScoredControl score(const DrawnDirections& directions, double dose, double budget, std::size_t items = 8) {
        return score_drawn_control(directions, treatment(dose), scorer_, search_damage_,
                                   {.items = items, .budget_nats = budget, .seed = 1}, {});
    }

    TaskScorer scorer_{tiny_target_model(), testing::task(2), 1};
    DamageMeter search_damage_{tiny_target_model(), neutral(1), {.threads = 1}, {}};
    std::span<const LayerSpread> one_ = std::span(spreads()).first(1);
};

TEST_F(DrawnControls, DrawsAreOfEveryLayerAndOfTheSeed) {
    for (const auto draw : {draw_random_covariance, draw_random_isotropic}) {
        const DrawnDirections a = draw(spreads(), 5, 1);
        ASSERT_EQ(a.draws.size(), 5U);
        ASSERT_EQ(a.draws[0].size(), 2U);
        EXPECT_EQ(a.draws[0][0].size(), 96U);
        EXPECT_EQ(draw(spreads(), 5, 1).draws, a.draws);
        EXPECT_NE(draw(spreads(), 5, 2).draws, a.draws);
        EXPECT_LT(std::abs(cosine(a.draws[0][0], a.draws[1][0])), 0.9);
    }
    EXPECT_EQ(draw_random_covariance(spreads(), 1, 1).role, role::kRandomCovariance);
    EXPECT_EQ(draw_random_isotropic(spreads(), 1, 1).role, role::kRandomIsotropic);
}

TEST_F(DrawnControls, InsideTheBudgetTheTreatmentsDoseIsTaken) {
    const ScoredControl scored = score(draw_random_covariance(one_, 4, 1), 0.2, 10);
    for (const ConditionResult& result : scored.results) {
        EXPECT_EQ(*result.dose, 0.2);
        EXPECT_NE(result.note.find("at the treatment's dose"), std::string::npos) << result.note;
        EXPECT_LE(*result.kl_nats, 10);
    }
}

TEST_F(DrawnControls, OverTheBudgetTheDoseIsLowered) {
    const ScoredControl scored = score(draw_random_isotropic(one_, 4, 1), 3.0, 0.1);
    const ConditionResult& result = scored.results.front();
    EXPECT_LT(*result.dose, 3.0);
    EXPECT_GT(*result.kl_nats, 0.1 * 0.84);
    EXPECT_LT(*result.kl_nats, 0.1 * 1.06);
    EXPECT_NE(result.note.find("0.10 nat"), std::string::npos) << result.note;
}

TEST_F(DrawnControls, EveryItemIsSeenAndEveryMetricReported) {
    // 3 draws of 4 are all 12 items; 3 of 2 would not be: then a draw sees more.
    for (const std::size_t items : {4U, 2U, 0U, 100U}) {
        const ScoredControl scored = score(draw_random_covariance(one_, 3, 1), 0.5, 10, items);
        ASSERT_EQ(scored.results.size(), reported_metrics(TaskKind::choice).size());
        for (const ConditionResult& result : scored.results) {
            EXPECT_EQ(result.draws, 3U);
            EXPECT_EQ(result.role, role::kRandomCovariance);
            ASSERT_EQ(result.item_values.size(), testing::kItems);
            if (result.metric == to_string(Metric::margin)) continue;  // nats of any size
            for (const double value : result.item_values) EXPECT_TRUE(value >= 0 && value <= 1) << items;
            EXPECT_TRUE(*result.percentile95 >= 0 && *result.percentile95 <= 1);
        }
    }
}

TEST_F(DrawnControls, ScoresAreThoseOfItsOwnDraws) {
    const DrawnDirections directions = draw_random_covariance(one_, 2, 1);
    const ScoredControl scored = score(directions, 0.5, 10, 0);
    std::vector<double> means;
    std::vector<double> per_item(testing::kItems, 0.0);
    for (const auto& draw : directions.draws) {
        // ‖offset‖ as the treatment's.
        std::vector<float> offset = draw[0];
        const auto scale = static_cast<float>(0.5 * one_[0].sigma / norm(std::span<const float>(offset)));
        for (float& x : offset) x *= scale;
        const auto plan =
            std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{one_[0].layer, std::move(offset)}});
        const auto values = item_values(Metric::choice, scorer_.task(), scorer_.score_all(plan, {}));
        means.push_back(std::accumulate(values.begin(), values.end(), 0.0) / testing::kItems);
        for (std::size_t i = 0; i < values.size(); ++i) per_item[i] += values[i] / 2;
    }
    EXPECT_EQ(scored.results[0].metric, "choice");
    EXPECT_NEAR(*scored.results[0].percentile95, std::max(means[0], means[1]), 1.01 / testing::kItems);
    std::size_t differ = 0;
    for (std::size_t i = 0; i < per_item.size(); ++i)
        differ += per_item[i] == scored.results[0].item_values[i] ? 0U : 1U;
    EXPECT_LE(differ, 1U) << "items on the edge may round";
}

TEST_F(DrawnControls, NoDrawsAreAnError) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"random-isotropic", "draw"},
                             [&] { (void)score(draw_random_isotropic(one_, 0, 1), 0.5, 1); }));
}

}  // namespace
}  // namespace contrans
