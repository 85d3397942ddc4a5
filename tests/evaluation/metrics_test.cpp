#include "contrans/evaluation/metrics.h"

#include <cmath>
#include <limits>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

Task choice_task(std::size_t answer) { return {"t", TaskKind::choice, {{"p", {"a", "b", "c"}, answer, {}, 0, ""}}}; }

Task truthful_task(std::vector<int> labels, std::size_t best) {
    return {"t", TaskKind::truthful, {{"p", {"a", "b", "c"}, 0, std::move(labels), best, ""}}};
}

double value_of(Metric metric, const Task& task, std::vector<double> likelihood, bool top1 = false) {
    const ItemScores scores{std::move(likelihood), top1};
    return item_values(metric, task, std::span(&scores, 1)).at(0);
}

TEST(Metrics, ChoiceIsOneWhereTheAnswerIsLikeliest) {
    EXPECT_EQ(value_of(Metric::choice, choice_task(1), {-3, -1, -2}), 1);
    EXPECT_EQ(value_of(Metric::choice, choice_task(0), {-3, -1, -2}), 0);
}

TEST(Metrics, ATieIsNoWin) { EXPECT_EQ(value_of(Metric::choice, choice_task(1), {-1, -1, -2}), 0); }

TEST(Metrics, MarginIsAnswerMinusBestOther) {
    EXPECT_DOUBLE_EQ(value_of(Metric::margin, choice_task(1), {-3, -1, -2.25}), 1.25);
    EXPECT_DOUBLE_EQ(value_of(Metric::margin, choice_task(0), {-3, -1, -2}), -2);
}

TEST(Metrics, Top1IsWhatTheModelSaid) {
    EXPECT_EQ(value_of(Metric::top1, choice_task(0), {-3, -1, -2}, true), 1);
    EXPECT_EQ(value_of(Metric::top1, choice_task(1), {-3, -1, -2}, false), 0);
}

TEST(Metrics, Mc1ComparesTheBestWithTheFalseOnesOnly) {
    // A true choice that is likelier than the best one does not count against it.
    EXPECT_EQ(value_of(Metric::mc1, truthful_task({1, 1, 0}, 0), {-2, -1, -3}), 1);
    EXPECT_EQ(value_of(Metric::mc1, truthful_task({1, 1, 0}, 0), {-2, -1, -1.5}), 0);
    EXPECT_EQ(value_of(Metric::mc1, truthful_task({1, 1, 0}, 0), {-2, -1, -2}), 0);
}

TEST(Metrics, Mc2IsTheNormalisedMassOfTheTrueOnes) {
    const std::vector<double> likelihood = {std::log(0.2), std::log(0.1), std::log(0.3)};
    EXPECT_NEAR(value_of(Metric::mc2, truthful_task({1, 1, 0}, 0), likelihood), 0.5, 1e-12);
    EXPECT_NEAR(value_of(Metric::mc2, truthful_task({0, 1, 0}, 1), likelihood), 1.0 / 6, 1e-12);
}

TEST(Metrics, Mc2SurvivesTinyLikelihoods) {
    const double far = -2000;
    EXPECT_NEAR(value_of(Metric::mc2, truthful_task({1, 0, 0}, 0), {far, far, far - std::log(2.0)}), 0.4, 1e-12);
}

TEST(Metrics, RefusesWhatDoesNotFit) {
    EXPECT_THROW((void)value_of(Metric::mc1, choice_task(0), {-1, -2, -3}), Error);
    EXPECT_THROW((void)value_of(Metric::choice, truthful_task({1, 0, 0}, 0), {-1, -2, -3}), Error);
    EXPECT_THROW((void)value_of(Metric::choice, choice_task(0), {-1, -2}), Error);
    EXPECT_THROW((void)item_values(Metric::choice, choice_task(0), {}), Error);
}

TEST(Metrics, RefusesNumbersThatAreNotFinite) {
    try {
        (void)value_of(Metric::choice, choice_task(0), {-1, std::numeric_limits<double>::quiet_NaN(), -3});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::numeric);
        EXPECT_NE(std::string(error.what()).find("item 0"), std::string::npos);
    }
}

TEST(Metrics, OverconfidenceIsSurenessMinusBeingRight) {
    const double nine_in_ten = std::log(0.9), five_in_a_hundred = std::log(0.05);
    const std::vector<double> sure = {five_in_a_hundred, nine_in_ten, five_in_a_hundred};
    EXPECT_NEAR(value_of(Metric::overconfidence, choice_task(1), sure), 0.9 - 1, 1e-12);
    EXPECT_NEAR(value_of(Metric::overconfidence, choice_task(0), sure), 0.9, 1e-12);
    EXPECT_NEAR(value_of(Metric::overconfidence, choice_task(0), {-700, -700, -700}), 1.0 / 3 - 1, 1e-12);
    EXPECT_NEAR(value_of(Metric::overconfidence, truthful_task({1, 1, 0}, 0), sure), 0.9 - 1, 1e-12)
        << "any true choice is right";
}

TEST(Metrics, ParityIsWhatTheSecondVersionFavoursMore) {
    Task task = choice_task(0);
    for (int i = 0; i < 3; ++i) task.items.push_back(task.items[0]);
    task.items[1].answer = 1;
    const std::vector<ItemScores> scores = {
        {{-1, -2, -3}, false}, {{-4, -1, -3}, false}, {{-1, -1.5, -3}, false}, {{-2, -1, -4}, false}};
    EXPECT_THROW((void)parity_of(task, scores), Error) << "no versions";
    task.items[0].version = PairedVersion{9, 0};
    task.items[1].version = PairedVersion{9, 1};
    task.items[2].version = PairedVersion{3, 1};
    task.items[3].version = PairedVersion{3, 0};
    task.items[3].group = "left";
    const Parity parity = parity_of(task, scores);
    EXPECT_EQ(parity.values, (std::vector<double>{0.5 - -1.0, 2.0 - 1.0}));
    EXPECT_EQ(parity.groups, (std::vector<std::string>{"left", ""}));
}

TEST(Metrics, NamesGoBothWays) {
    for (const Metric metric :
         {Metric::choice, Metric::top1, Metric::margin, Metric::mc1, Metric::mc2, Metric::overconfidence}) {
        EXPECT_EQ(parse_metric(to_string(metric)), metric);
    }
    EXPECT_THROW((void)parse_metric("accuracy"), Error);
    EXPECT_EQ(reported_metrics(TaskKind::choice).front(), Metric::choice);
    EXPECT_EQ(reported_metrics(TaskKind::truthful).front(), Metric::mc1);
}

}  // namespace
}  // namespace contrans
