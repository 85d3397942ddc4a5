#include "contrans/evaluation/results.h"

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

using testing::condition;
using testing::one_task_report;
using testing::shares;

TEST(Results, SummaryFillsValueIntervalAndRecovery) {
    const EvaluationReport report = one_task_report(0.25, 0.75, 0.5, 0.25);
    const ConditionResult& carried = *find_result(report, "joy", role::kTransplanted);
    EXPECT_EQ(carried.n, 96u);
    EXPECT_DOUBLE_EQ(carried.value, 0.5);
    EXPECT_LT(carried.low, 0.5);
    EXPECT_GT(carried.high, 0.5);
    EXPECT_NEAR(carried.recovery.value(), 0.5, 1e-12);
    EXPECT_LT(carried.recovery_low.value(), 0.5);
    EXPECT_FALSE(find_result(report, "joy", role::kNone)->recovery);
    EXPECT_DOUBLE_EQ(find_result(report, "joy", role::kNative)->recovery.value(), 1);
}

TEST(Results, RecoveryIsNullWhereNativeMovesNothing) {
    const EvaluationReport report = one_task_report(0.25, 0.25, 0.9, 0.25);
    EXPECT_FALSE(find_result(report, "joy", role::kTransplanted)->recovery);
    EXPECT_DOUBLE_EQ(find_result(report, "joy", role::kTransplanted)->value, 86.0 / 96);
}

TEST(Results, SummaryNamesTheConditionThatDoesNotFit) {
    EvaluationReport report = one_task_report(0.25, 0.75, 0.5, 0.25);
    report.results[2].item_values.pop_back();
    report.results[2].item_groups.pop_back();
    try {
        summarise_results(report, {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("'joy' on task 'joy' by choice"), std::string::npos) << error.what();
    }
}

TEST(Results, PrimaryMetricIsTheFirst) {
    EvaluationReport report = one_task_report(0, 1, 1, 0);
    report.results.push_back(report.results[2]);
    report.results.back().metric = "top1";
    report.results.back().value = 0.125;
    EXPECT_EQ(primary_metric(report, "joy"), "choice");
    EXPECT_DOUBLE_EQ(find_vector(report, "joy", "joy")->value, 1);
    EXPECT_EQ(find_result(report, "joy", role::kPaper), nullptr);
    EXPECT_EQ(primary_metric(report, "grief"), "");
}

TEST(Draws, AreAveragedItemByItem) {
    const std::vector<std::vector<double>> draws = {{0, 1}, {1, 1}, {0, 0}, {0, 1}};
    const DrawnControl control = summarise_draws(draws);
    EXPECT_EQ(control.item_values, (std::vector<double>{0.25, 0.75}));
    EXPECT_DOUBLE_EQ(control.value, 0.5);
    EXPECT_DOUBLE_EQ(control.percentile95, 1);
    EXPECT_THROW((void)summarise_draws({}), Error);
    EXPECT_THROW((void)summarise_draws(std::vector<std::vector<double>>{{0, 1}, {1}}), Error);
}

TEST(Draws, PercentileLeavesOneInTwentyOut) {
    std::vector<std::vector<double>> draws;
    for (int i = 1; i <= 20; ++i) draws.push_back({static_cast<double>(i)});
    EXPECT_DOUBLE_EQ(summarise_draws(draws).percentile95, 19);
}

EvaluationReport renamed(EvaluationReport report, const std::string& task) {
    for (ConditionResult& result : report.results) result.task = task;
    report.tasks = {{task, task + ".jsonl", "choice", 96, 12}};
    report.verdicts = {{"joy", role::kTransplanted, task, Outcome::works, "Works."}};
    report.provenance.seconds = 2;
    return report;
}

TEST(Merge, KeepsEveryTask) {
    const std::vector<EvaluationReport> reports = {renamed(one_task_report(0, 1, 1, 0), "a"),
                                                   renamed(one_task_report(0, 1, 0, 0), "b")};
    const EvaluationReport merged = merge_reports(reports);
    EXPECT_EQ(task_names(merged), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(merged.results.size(), 8u);
    EXPECT_EQ(merged.tasks.size(), 2u);
    EXPECT_EQ(merged.verdicts.size(), 2u);
    EXPECT_DOUBLE_EQ(merged.provenance.seconds, 4);
    EXPECT_EQ(merged.target.name, "Target");
}

TEST(Merge, RowsThatSayTheSameAreKeptOnce) {
    const std::vector<EvaluationReport> reports(2, renamed(one_task_report(0, 1, 1, 0), "a"));
    EXPECT_EQ(merge_reports(reports).results.size(), 4u);
}

TEST(Merge, RefusesRowsThatDisagree) {
    const std::vector<EvaluationReport> reports = {one_task_report(0, 1, 1, 0), one_task_report(0, 1, 0.5, 0)};
    EXPECT_THROW((void)merge_reports(reports), Error);
}

TEST(Merge, RefusesOtherModelsAndNothing) {
    std::vector<EvaluationReport> reports = {one_task_report(0, 1, 1, 0), renamed(one_task_report(0, 1, 1, 0), "b")};
    reports[1].target.fingerprint = "bbbb";
    EXPECT_THROW((void)merge_reports(reports), Error);
    EXPECT_THROW((void)merge_reports({}), Error);
    reports[1].target.fingerprint = "aaaa";
    reports[0].source = ModelIdentity{"s1", "", "llama", 1, 1};
    reports[1].source = ModelIdentity{"s2", "", "llama", 1, 1};
    EXPECT_THROW((void)merge_reports(reports), Error);
}

TEST(Merge, JoinsTheUsersOfALayerPair) {
    std::vector<EvaluationReport> reports = {renamed(one_task_report(0, 1, 1, 0), "a"),
                                             renamed(one_task_report(0, 1, 1, 0), "b")};
    reports[0].similarity = {{LayerIndex{1}, LayerIndex{2}, 0.5, "a"}};
    reports[1].similarity = {{LayerIndex{1}, LayerIndex{2}, 0.5, "b"}, {LayerIndex{1}, LayerIndex{3}, 0.4, ""}};
    const EvaluationReport merged = merge_reports(reports);
    ASSERT_EQ(merged.similarity.size(), 2u);
    EXPECT_EQ(merged.similarity[0].used_by, "a, b");
}

TEST(Outcomes, NamesGoBothWaysAndOnlySomePass) {
    for (const Outcome outcome :
         {Outcome::works, Outcome::native_is_better, Outcome::untested, Outcome::no_better_than_controls,
          Outcome::no_effect, Outcome::damages, Outcome::cannot_tell}) {
        EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
    }
    EXPECT_TRUE(passed(Outcome::native_is_better));
    EXPECT_FALSE(passed(Outcome::damages));
    EXPECT_FALSE(passed(Outcome::cannot_tell));
    EXPECT_THROW((void)parse_outcome("perfect"), Error);
}

}  // namespace
}  // namespace contrans
