#include "contrans/pipeline/behaviour_search.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/transplant/dose.h"
#include "gtest/gtest.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::neutral;
using testing::task;
using testing::tiny_source_model;

/// Directions whose effect is known: towards the head's own row of a choice's token.
SearchCandidate towards(const std::string& word, LayerIndex layer) {
    const Token token = tiny_source_model()->tokenizer().tokenise("The ship is" + word).back();
    const Matrix embeddings = ArtefactReader(testing::tiny_source_file()).matrix("token_embd.weight", {});
    const auto row = embeddings.row(static_cast<std::size_t>(token));
    const double sigma = measure_spread(tiny_source_model(), neutral(1), {layer}, 1, {}).front().sigma;
    return {"towards" + word, {{layer, {row.begin(), row.end()}, sigma}}};
}

Task answers_all(std::size_t choice, unsigned seed = 1) {
    Task all = task(seed, 24);
    for (TaskItem& item : all.items) item.answer = choice;
    return all;
}

BehaviourSearch search_on(const Task& items, const BehaviourSearchOptions& options) {
    return {tiny_source_model(), items, neutral(1), options, {}};
}

BehaviourSearchOptions options_with(double budget) {
    BehaviourSearchOptions options;
    options.budget_nats = budget;
    options.threads = 1;
    return options;
}

TEST(BehaviourSearch, FindsTheDirectionThatDoesWhatTheTaskAsks) {
    // Choices " a", " t" and " the"; the task wants " t" throughout.
    const std::vector<SearchCandidate> candidates = {towards(" a", LayerIndex{3}), towards(" t", LayerIndex{3}),
                                                     towards(" the", LayerIndex{3}), towards(" t", LayerIndex{1})};
    BehaviourSearch search = search_on(answers_all(1), options_with(1.0));
    const SearchResult result = search.run("t", candidates, {}, {});
    EXPECT_EQ(candidates[result.best.candidate].label, "towards t");
    EXPECT_GT(result.outcome.value, search.unsteered() + 0.3);
    EXPECT_LE(result.kl_nats, 1.0);
}

TEST(BehaviourSearch, OneSearchServesAnother) {
    BehaviourSearch search = search_on(answers_all(1), options_with(1.0));
    const std::vector<SearchCandidate> one = {towards(" t", LayerIndex{3})};
    const SearchResult first = search.run("t", one, {}, {});
    (void)search.run("a", std::vector<SearchCandidate>{towards(" a", LayerIndex{3})}, {}, {});
    const SearchResult again = search.run("t", one, {}, {});
    EXPECT_EQ(first.best.dose, again.best.dose);
    EXPECT_EQ(first.kl_nats, again.kl_nats);
    EXPECT_EQ(first.outcome.smooth, again.outcome.smooth);
}

TEST(BehaviourSearch, ItsValueIsThatOfTheTasksPrimaryMetric) {
    const Task items = answers_all(1);
    BehaviourSearch search = search_on(items, options_with(0.5));
    const SearchCandidate candidate = towards(" t", LayerIndex{3});
    TaskScorer scorer(tiny_source_model(), items, 1);
    const auto value_of = [&](double dose) {
        double right = 0;
        for (const ItemScores& scores : scorer.score_all(plan_of(candidate, dose), {})) {
            const auto& l = scores.choice_log_likelihood;
            right += l[1] > l[0] && l[1] > l[2] ? 1 : 0;
        }
        return right / 24;
    };
    const auto curve = search.curve(candidate, std::vector<double>{0, 0.5, 3}, {});
    ASSERT_EQ(curve.size(), 3U);
    for (const TriedDose& tried : curve) {
        EXPECT_NEAR(tried.outcome.value, value_of(tried.trial.dose), 1.01 / 24) << tried.trial.dose;
        EXPECT_EQ(tried.n_items, 24U);
    }
    EXPECT_EQ(curve[0].outcome.value, search.unsteered());
    EXPECT_NEAR(curve[0].kl_nats, 0, 1e-5);
    EXPECT_GT(curve[2].kl_nats, curve[1].kl_nats);
    EXPECT_GT(curve[2].outcome.smooth, curve[0].outcome.smooth);
}

TEST(BehaviourSearch, TruthfulTasksCountTheMassOfTheTrueChoices) {
    Task items = task(1, 12);
    items.kind = TaskKind::truthful;
    for (TaskItem& item : items.items) {
        item.labels = {1, 1, 0};
        item.best = 1;
    }
    BehaviourSearch search = search_on(items, options_with(0.5));
    const auto curve = search.curve(towards(" t", LayerIndex{3}), std::vector<double>{0}, {});
    TaskScorer scorer(tiny_source_model(), items, 1);
    double mass = 0;
    for (const ItemScores& scores : scorer.score_all(nullptr, {})) {
        for (const double temperature : {1, 4}) {
            const auto weight = [&](std::size_t c) { return std::exp(scores.choice_log_likelihood[c] / temperature); };
            mass += (weight(0) + weight(1)) / (weight(0) + weight(1) + weight(2)) / 24;
        }
    }
    EXPECT_NEAR(curve[0].outcome.smooth, mass, 1e-3);
}

TEST(BehaviourSearch, WhereAllItemsAreRightWhatIsRightByMoreIsStillTakenForBetter) {
    const Task items = answers_all(1);
    BehaviourSearch search = search_on(items, options_with(1.0));
    const SearchCandidate candidate = towards(" t", LayerIndex{3});
    TaskScorer scorer(tiny_source_model(), items, 1);
    const auto probability = [&](double dose) {
        double sum = 0;
        for (const ItemScores& scores : scorer.score_all(plan_of(candidate, dose), {})) {
            const auto& l = scores.choice_log_likelihood;
            sum += 1 / (std::exp(l[0] - l[1]) + 1 + std::exp(l[2] - l[1]));
        }
        return sum / static_cast<double>(items.items.size());
    };
    const auto curve = search.curve(candidate, std::vector<double>{2, 3}, {});
    EXPECT_EQ(curve[0].outcome.value, 1);
    EXPECT_EQ(curve[1].outcome.value, 1);
    ASSERT_GT(probability(2), 0.95) << "nothing much to gain by it";
    EXPECT_GT(curve[1].outcome.smooth - curve[0].outcome.smooth, 1.5 * (probability(3) - probability(2)));
}

TEST(BehaviourSearch, AFixedDoseIsKept) {
    BehaviourSearchOptions options = options_with(0.5);
    options.dose = 0.7;
    BehaviourSearch search = search_on(answers_all(1), options);
    const SearchResult result = search.run(
        "t", std::vector<SearchCandidate>{towards(" t", LayerIndex{3}), towards(" a", LayerIndex{3})}, {}, {});
    EXPECT_EQ(result.best.dose, 0.7);
}

TEST(BehaviourSearch, APlanAtDoseZeroIsNone) {
    EXPECT_EQ(plan_of(towards(" t", LayerIndex{3}), 0), nullptr);
    EXPECT_EQ(plan_of(towards(" t", LayerIndex{3}), 1)->deepest_layer(), LayerIndex{3});
}

}  // namespace
}  // namespace contrans
