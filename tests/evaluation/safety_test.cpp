#include "contrans/evaluation/safety.h"

#include "contrans/evaluation/report_html.h"
#include "contrans/evaluation/report_json.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

using nlohmann::json;

/// A vector "joy" on one task of that name and file.
EvaluationReport report_on(const std::string& task, const std::string& file, double none, double with) {
    EvaluationReport report = testing::one_task_report(none, 0.9, with, 0.1);
    for (ConditionResult& result : report.results) result.task = task;
    report.tasks = {{task, file, "choice", 96, 12}};
    report.verdicts.clear();
    return report;
}

TEST(Safeguards, AreToldByTheTasksNameOrItsFolders) {
    const auto of = [](const std::string& name, const std::string& file) {
        return safeguard_of({name, file, "choice", 1, 1});
    };
    EXPECT_EQ(of("refusal", ""), Safeguard::refusal);
    EXPECT_EQ(of("TruthfulQA", "TruthfulQA.csv"), Safeguard::truthfulness);
    EXPECT_EQ(of("mc_test", "data/concepts/truthfulness/mc_test.jsonl"), Safeguard::truthfulness);
    EXPECT_EQ(of("pressed_test", "/a/refusal/pressed_test.jsonl"), Safeguard::refusal);
    EXPECT_EQ(of("happiness", "data/concepts/happiness/test.jsonl"), std::nullopt);
    EXPECT_EQ(of("benign_test", "data/concepts/refusal/benign_test.jsonl"), std::nullopt);
    EXPECT_EQ(of("untruthful", ""), std::nullopt);
}

TEST(SafetyFlags, NameAVectorThatLowersASafeguard) {
    const std::vector<SafetyFlag> flags = safety_flags(report_on("refusal", "", 0.75, 0.25));
    ASSERT_EQ(flags.size(), 1U);
    EXPECT_EQ(flags[0].vector, "joy");
    EXPECT_EQ(flags[0].safeguard, Safeguard::refusal);
    EXPECT_NEAR(flags[0].change.value, -0.5, 1e-9);
    EXPECT_LT(flags[0].change.high, 0);
    EXPECT_NE(flags[0].text.find("joy lowers refusal on refusal: choice 0.75 -> 0.25, change -0.50 ["),
              std::string::npos)
        << flags[0].text;
}

TEST(SafetyFlags, AreNotRaisedByGainsNoiseOrOtherTasks) {
    EXPECT_TRUE(safety_flags(report_on("refusal", "", 0.25, 0.75)).empty());
    EXPECT_TRUE(safety_flags(report_on("refusal", "", 0.5, 0.49)).empty());
    EXPECT_TRUE(safety_flags(report_on("joy", "", 0.75, 0.25)).empty());
}

/// The same, its shares as given and margins of 96 items beside them, which differ a little from item to item.
EvaluationReport with_margins(EvaluationReport report, double none, double with) {
    for (const auto& [role, mean] : {std::pair(role::kNone, none), std::pair(role::kTransplanted, with)}) {
        ConditionResult margin = *find_result(report, report.tasks[0].name, role);
        margin.metric = "margin";
        margin.value = mean;
        for (std::size_t i = 0; i < margin.item_values.size(); ++i)
            margin.item_values[i] = mean + (i % 2 == 0 ? 0.2 : -0.2);
        report.results.push_back(margin);
    }
    return report;
}

TEST(SafetyFlags, GoByTheMarginWhereTheShareDoesNotTell) {
    const EvaluationReport same_share = report_on("refusal", "", 0.25, 0.25);
    const std::vector<SafetyFlag> flags = safety_flags(with_margins(same_share, 1.5, -4.25));
    ASSERT_EQ(flags.size(), 1U);
    EXPECT_EQ(flags[0].metric, "margin");
    EXPECT_NEAR(flags[0].change.value, -5.75, 1e-9);
    EXPECT_NE(flags[0].text.find("margin 1.50 -> -4.25 nats (choice 0.25 -> 0.25), change -5.75 ["), std::string::npos)
        << flags[0].text;
    EXPECT_TRUE(safety_flags(with_margins(same_share, 1.5, 1.0)).empty()) << "the odds are not halved";
    EXPECT_TRUE(safety_flags(with_margins(same_share, 1.5, 4.0)).empty());
}

TEST(SafetyFlags, SayTheShareWhereBothTell) {
    const std::vector<SafetyFlag> flags = safety_flags(with_margins(report_on("refusal", "", 0.75, 0.25), 1.5, -4.25));
    ASSERT_EQ(flags.size(), 1U);
    EXPECT_EQ(flags[0].metric, "choice");
}

SideEffect effect_on(const std::string& task, const std::string& metric, double steered, double low, double high) {
    SideEffect effect{.vector = "joy", .task = task, .metric = metric, .n = 24, .unsteered = 0.5, .steered = steered};
    effect.low = low;
    effect.high = high;
    effect.q = 0.01;
    return effect;
}

TEST(SafetyFlags, GoBySideEffectsToo) {
    SideEffect unlikely = effect_on("refusal", "margin", -5, -7, -4);
    unlikely.q = 0.2;
    const std::vector<SideEffect> effects = {effect_on("truthfulness", "choice", 0.25, -0.4, -0.1),
                                             effect_on("truthfulness", "margin", -1.5, -2.5, -1),
                                             effect_on("refusal", "margin", 0.1, -0.6, -0.2),
                                             effect_on("refusal", "overconfidence", -1, -2, -1),
                                             effect_on("refusal/benign_test", "margin", -5, -7, -4),
                                             effect_on("fairness/parity_test", "parity", -5, -7, -4),
                                             unlikely};
    const std::vector<SafetyFlag> flags = safety_flags(effects);
    ASSERT_EQ(flags.size(), 1U);
    EXPECT_EQ(flags[0].text,
              "joy lowers truthfulness on truthfulness: choice 0.50 -> 0.25, change -0.25 [-0.40, -0.10]");
    const json all = json::parse(safety_to_json(report_on("joy", "", 0.25, 0.75), effects));
    EXPECT_EQ(all.at("flags").size(), 1U);
    EXPECT_EQ(all.at("measured"), json({"refusal", "truthfulness"}));
    EXPECT_EQ(safety_lines(report_on("joy", "", 0.25, 0.75), effects).front(), "SAFETY: " + flags[0].text + ".");
    const EvaluationReport lowered = report_on("truthfulness", "", 0.75, 0.25);
    EXPECT_EQ(safety_lines(lowered, effects), safety_lines(lowered)) << "one line a vector and task";
}

TEST(SafetyLines, SayOnHowManyVectorsItWasMeasured) {
    EvaluationReport report = report_on("refusal", "", 0.25, 0.75);
    report.tasks.push_back({"joy", "", "choice", 96, 12});
    report.results.push_back(*find_vector(report, "refusal", "joy"));
    report.results.back().vector = "other";
    report.results.back().task = "joy";
    EXPECT_EQ(safety_lines(report).front(),
              "Safety: refusal (on 1 of 2 vectors) measured, and not seen to be lowered; the other was not measured.");
}

TEST(SafetyLines, SayWhatWasMeasured) {
    const auto only_line = [](const EvaluationReport& report) {
        const std::vector<std::string> lines = safety_lines(report);
        EXPECT_EQ(lines.size(), 1U);
        return lines.empty() ? std::string() : lines.front();
    };
    EXPECT_NE(only_line(report_on("truthfulness", "", 0.75, 0.25)).find("SAFETY: joy lowers truthfulness"),
              std::string::npos);
    EXPECT_NE(only_line(report_on("refusal", "", 0.25, 0.75)).find("refusal measured, and not seen to be lowered"),
              std::string::npos);
    EXPECT_NE(only_line(report_on("joy", "", 0.25, 0.75)).find("neither"), std::string::npos);
}

TEST(SafetyLines, StandInTheReport) {
    const EvaluationReport report = report_on("refusal", "", 0.75, 0.25);
    const json safety = json::parse(report_to_json(report)).at("safety");
    ASSERT_EQ(safety.at("flags").size(), 1U);
    EXPECT_EQ(safety.at("flags")[0].at("vector"), "joy");
    EXPECT_EQ(safety.at("flags")[0].at("safeguard"), "refusal");
    EXPECT_EQ(safety.at("flags")[0].at("metric"), "choice");
    EXPECT_LT(safety.at("flags")[0].at("high"), 0);
    EXPECT_EQ(safety.at("measured"), json({"refusal"}));
    EXPECT_NE(render_report_html(report).find("joy lowers refusal"), std::string::npos);
}

}  // namespace
}  // namespace contrans
