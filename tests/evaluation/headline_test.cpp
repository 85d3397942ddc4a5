#include "contrans/evaluation/headline.h"

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

const HeadlineRow& row_of(const Headline& headline, const std::string& role) {
    for (const HeadlineRow& row : headline.rows) {
        if (row.role == role) return row;
    }
    throw std::out_of_range(role);
}

bool mentions(const std::vector<std::string>& lines, const std::string& words) {
    for (const std::string& line : lines) {
        if (line.find(words) != std::string::npos) return true;
    }
    return false;
}

TEST(HeadlineFigures, AreRatiosOfSummedGains) {
    const EvaluationReport report = testing::sample_report();
    const Headline result = headline(report);
    double treated = 0;
    double native = 0;
    for (const std::string& task : task_names(report)) {
        const double none = find_result(report, task, role::kNone)->value;
        treated += find_result(report, task, role::kTransplanted)->value - none;
        native += find_result(report, task, role::kNative)->value - none;
    }
    const HeadlineRow& carried = row_of(result, role::kTransplanted);
    EXPECT_EQ(result.n_concepts, 6u);
    EXPECT_EQ(carried.n_concepts, 6u);
    EXPECT_NEAR(carried.recovery.value.value(), treated / native, 1e-9);
    EXPECT_LT(carried.recovery.low.value(), carried.recovery.value.value());
    EXPECT_FALSE(carried.advantage);
    EXPECT_LT(row_of(result, role::kShuffledMap).recovery.high.value(), carried.recovery.low.value());
}

TEST(HeadlineFigures, AdvantageIsTheMeanDifferenceOverTasks) {
    const EvaluationReport report = testing::sample_report();
    double gap = 0;
    for (const std::string& task : task_names(report)) {
        gap +=
            (find_result(report, task, role::kTransplanted)->value - find_result(report, task, role::kPaper)->value) /
            6;
    }
    const Headline result = headline(report);
    const Interval advantage = row_of(result, role::kPaper).advantage.value();
    EXPECT_NEAR(advantage.value, gap, 1e-9);
    EXPECT_LT(advantage.low, gap);
    EXPECT_GT(advantage.high, gap);
}

TEST(HeadlineFigures, UseOnlyTasksThatHaveTheCondition) {
    EvaluationReport report = testing::sample_report();
    std::erase_if(report.results, [](const ConditionResult& r) { return r.role == role::kPaper && r.task != "fear"; });
    EXPECT_EQ(row_of(headline(report), role::kPaper).n_concepts, 1u);
}

TEST(HeadlineFigures, RefuseConditionsWithOtherItems) {
    EvaluationReport report = testing::one_task_report(0, 1, 1, 0);
    report.results[2].item_values.pop_back();
    EXPECT_THROW((void)headline(report), Error);
}

TEST(HeadlineWords, SayWhatWasMeasured) {
    const EvaluationReport report = testing::sample_report();
    const std::vector<std::string> lines = headline_lines(report, headline(report));
    EXPECT_EQ(lines.front().find("Carried vectors recover "), 0u);
    EXPECT_TRUE(mentions(lines, "over 6 concepts"));
    EXPECT_TRUE(mentions(lines, "better than the paper's method by"));
    EXPECT_TRUE(mentions(lines, "Controls: shuffled map"));
}

TEST(HeadlineWords, SayWhenThereIsNoNativeVector) {
    EvaluationReport report = testing::one_task_report(0.25, 1, 0.75, 0);
    std::erase_if(report.results, [](const ConditionResult& r) { return r.role == role::kNative; });
    const std::vector<std::string> lines = headline_lines(report, headline(report));
    EXPECT_TRUE(mentions(lines, "from 0.25 to 0.75"));
    EXPECT_TRUE(mentions(lines, "not defined"));
}

TEST(HeadlineWords, ExistForAnEmptyReport) {
    const EvaluationReport report;
    EXPECT_EQ(headline_lines(report, headline(report)).size(), 1u);
}

TEST(Headline, LeavesOutTasksThatNoVectorWasMadeFor) {
    EvaluationReport report = testing::sample_report();
    const Headline before = headline(report);
    const EvaluationReport side = testing::one_task_report(0.1, 0.9, 0.9, 0.1);
    report.results.insert(report.results.end(), side.results.begin(), side.results.end());
    const Headline after = headline(report);
    EXPECT_EQ(after.n_concepts, before.n_concepts);
    ASSERT_EQ(after.rows.size(), before.rows.size());
    for (std::size_t i = 0; i < after.rows.size(); ++i) EXPECT_EQ(after.rows[i].n_concepts, before.rows[i].n_concepts);
    EXPECT_EQ(after.rows[0].recovery.value, before.rows[0].recovery.value);
}

}  // namespace
}  // namespace contrans
