#include "contrans/evaluation/verdict.h"

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

using testing::one_task_report;

ConditionResult& result_of(EvaluationReport& report, const std::string& role) {
    for (ConditionResult& result : report.results) {
        if (result.role == role) return result;
    }
    throw std::out_of_range(role);
}

bool says(const Verdict& verdict, const std::string& words) { return verdict.text.find(words) != std::string::npos; }

TEST(Judge, WorksWithTheNumbersInTheSentence) {
    EvaluationReport report = one_task_report(0.125, 0.75, 0.75, 0.125);
    result_of(report, role::kTransplanted).kl_nats = 0.43;
    report.provenance.budget_nats = 0.5;
    const Verdict verdict = judge(report, "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::works);
    EXPECT_EQ(verdict.role, role::kTransplanted);
    for (const char* words :
         {"Works: ", "0.12 unsteered", "0.75 [", "recovery is 1.00", "shuffled map", "0.43 nat of 0.50"}) {
        EXPECT_TRUE(says(verdict, words)) << words << ": " << verdict.text;
    }
    EXPECT_EQ(verdict.text.back(), '.');
}

TEST(Judge, SaysWhenNativeIsBetter) {
    const Verdict verdict = judge(one_task_report(0.1, 0.95, 0.6, 0.1), "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::native_is_better);
    EXPECT_TRUE(says(verdict, "re-extracting natively is better and possible")) << verdict.text;
    EXPECT_TRUE(passed(verdict.outcome));
}

TEST(Judge, FailsWhatControlsDoToo) {
    const Verdict verdict = judge(one_task_report(0.1, 0.9, 0.6, 0.6), "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::no_better_than_controls);
    EXPECT_TRUE(says(verdict, "shuffled map reaches 0.60")) << verdict.text;
    EXPECT_FALSE(passed(verdict.outcome));
}

TEST(Judge, HoldsTheIntervalAgainstThe95thPercentileOfDraws) {
    EvaluationReport report = one_task_report(0.1, 0.6, 0.6, 0.2);
    ConditionResult& control = result_of(report, role::kShuffledMap);
    control.draws = 10;
    control.percentile95 = 0.4;
    EXPECT_EQ(judge(report, "joy", "joy").outcome, Outcome::works);
    control.percentile95 = 0.55;  // above the treatment's low end, below its value
    const Verdict verdict = judge(report, "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::no_better_than_controls);
    EXPECT_TRUE(says(verdict, "95th percentile of 10 draws at 0.55")) << verdict.text;
}

TEST(Judge, FailsTooMuchDamage) {
    EvaluationReport report = one_task_report(0.1, 0.9, 0.9, 0.1);
    result_of(report, role::kTransplanted).kl_nats = 0.7;
    EXPECT_EQ(judge(report, "joy", "joy").outcome, Outcome::works) << "no budget, no judgement";
    report.provenance.budget_nats = 0.5;
    const Verdict verdict = judge(report, "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::damages);
    EXPECT_TRUE(says(verdict, "0.70 nat of 0.50 allowed")) << verdict.text;
    result_of(report, role::kTransplanted).kl_nats = 0.6;  // inside the tolerance between texts
    EXPECT_EQ(judge(report, "joy", "joy").outcome, Outcome::works);
}

TEST(Judge, TellsNoEffectFromCannotTell) {
    EXPECT_EQ(judge(one_task_report(0.3, 0.9, 0.3, 0.3), "joy", "joy").outcome, Outcome::no_effect);
    const Verdict verdict = judge(one_task_report(0.3, 0.3, 0.3, 0.3), "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::cannot_tell);
    EXPECT_TRUE(says(verdict, "native moves nothing")) << verdict.text;
}

TEST(Judge, CannotTellWhereNativeMayHaveMovedNothing) {
    EvaluationReport report = one_task_report(0.25, 0.25, 0.25, 0.25);
    ConditionResult& native = result_of(report, role::kNative);
    for (std::size_t i = 0; i < native.n; ++i)
        if (native.item_groups[i] == native.item_groups[0] || native.item_groups[i] == native.item_groups[1])
            native.item_values[i] = 1;
    summarise_results(report, {});
    ASSERT_GE(native.value, 0.35) << "a mean gain of 0.1, of two templates of twelve";
    const Verdict verdict = judge(report, "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::cannot_tell) << verdict.text;
    EXPECT_TRUE(says(verdict, "not for certain more than unsteered")) << verdict.text;
}

TEST(Judge, MayWorkWhereNativeDoesNot) {
    const Verdict verdict = judge(one_task_report(0, 0, 0.6, 0), "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::works);
    EXPECT_TRUE(says(verdict, "native moves nothing itself")) << verdict.text;
}

TEST(Judge, SaysThatControlsWereNotRun) {
    EvaluationReport report = one_task_report(0, 0.9, 0.6, 0);
    std::erase_if(report.results, [](const ConditionResult& r) { return r.role == role::kShuffledMap; });
    const Verdict verdict = judge(report, "joy", "joy");
    EXPECT_EQ(verdict.outcome, Outcome::untested);
    EXPECT_TRUE(says(verdict, "no controls were run")) << verdict.text;
}

TEST(Judge, SaysWhenPromptingDoesBetter) {
    EvaluationReport report = one_task_report(0, 0.6, 0.5, 0);
    report.results.push_back(
        testing::condition("prompt", role::kPrompt, "joy", testing::shares(96, 1), testing::templates(96, 12)));
    EXPECT_TRUE(says(judge(report, "joy", "joy"), "prompting alone does better"));
}

TEST(Judge, NeedsTheVectorAndAnUnsteeredRun) {
    EvaluationReport report = one_task_report(0, 0.9, 0.6, 0);
    EXPECT_THROW((void)judge(report, "joy", "grief"), Error);
    std::erase_if(report.results, [](const ConditionResult& r) { return r.role == role::kNone; });
    EXPECT_THROW((void)judge(report, "joy", "joy"), Error);
}

TEST(JudgeAll, JudgesTreatmentsOnceATaskAndOnlyCarriedOnesCanFail) {
    const EvaluationReport report = testing::sample_report();
    const std::vector<Verdict> verdicts = judge_all(report);
    EXPECT_EQ(verdicts.size(), 12u);
    EXPECT_FALSE(all_passed(verdicts));  // disgust
    std::vector<Verdict> paper_fails = {{"a", role::kTransplanted, "a", Outcome::works, ""},
                                        {"a.paper", role::kPaper, "a", Outcome::no_effect, ""}};
    EXPECT_TRUE(all_passed(paper_fails));
    paper_fails[0].outcome = Outcome::cannot_tell;
    EXPECT_FALSE(all_passed(paper_fails));
}

}  // namespace
}  // namespace contrans
