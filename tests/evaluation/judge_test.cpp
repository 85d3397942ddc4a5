#include "contrans/evaluation/judge.h"

#include <fstream>

#include "contrans/evaluation/kept_judge.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/task.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

const JudgeAnswer kYes{0.9, false};
const JudgeAnswer kNo{0.2, false};
const JudgeAnswer kNeither{0, true};

TEST(JudgeAnswer, IsTheShareOfYesUnlessBothHardlyCount) {
    EXPECT_EQ(judge_answer(0.6, 0.2).yes, 0.6 / 0.8);
    EXPECT_EQ(judge_answer(0.04, 0.001), kNeither);
    EXPECT_FALSE(judge_answer(0.04, 0.02).neither);
    EXPECT_TRUE(says_yes(kYes));
    EXPECT_FALSE(says_yes(kNo));
    EXPECT_FALSE(says_yes(kNeither));
    EXPECT_FALSE(says_yes({0.5, false})) << "a tie is no yes";
}

std::vector<LabelledReply> labelled(const std::vector<bool>& labels) {
    std::vector<LabelledReply> replies;
    for (const bool label : labels) replies.push_back({{"p", "r", "q"}, label});
    return replies;
}

TEST(Calibrate, CountsAgreementAndKappaByHand) {
    // 4 of 5 right; yes 3/5 labelled, 2/5 said; no 2/5 and 3/5: chance 6/25 + 6/25 = .48, kappa (.8 − .48) / .52
    const std::vector<JudgeAnswer> answers = {kYes, kYes, kNo, kNo, kNo};
    const JudgeCalibration result = calibrate("J", labelled({true, true, true, false, false}), answers);
    EXPECT_EQ(result.n, 5U);
    EXPECT_DOUBLE_EQ(result.accuracy, 0.8);
    EXPECT_NEAR(result.kappa, 0.32 / 0.52, 1e-12);
    EXPECT_EQ(result.neither, 0U);
    EXPECT_EQ(describe(result),
              "J agrees with 4 of 5 labelled replies: accuracy 0.80, kappa 0.62, 0 of neither yes nor no");
}

TEST(Calibrate, NeitherIsNeverRight) {
    const JudgeCalibration result =
        calibrate("J", labelled({true, false, true, false}), std::vector{kYes, kNo, kNeither, kNeither});
    EXPECT_EQ(result.neither, 2U);
    EXPECT_DOUBLE_EQ(result.accuracy, 0.5);
    EXPECT_NEAR(result.kappa, (0.5 - 0.25) / 0.75, 1e-12);
}

TEST(Calibrate, AJudgeThatAlwaysSaysYesHasNoKappa) {
    EXPECT_NEAR(calibrate("J", labelled({true, false}), std::vector{kYes, kYes}).kappa, 0, 1e-12);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"1 for 2"}, [] {
        (void)calibrate("J", labelled({true, false}), std::vector{kYes});
    }));
}

class JudgeFiles : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& text) {
        testing::write_bytes(folder_ / "replies.jsonl", text);
        return folder_ / "replies.jsonl";
    }
    testing::TemporaryFolder folder_;
};

const std::string kGood = R"({"prompt": "p", "reply": "r", "judge": "q?", "label": 1})"
                          "\n";
const std::string kBad = R"({"prompt": "p", "reply": "s", "judge": "q?", "label": 0})"
                         "\n";

TEST_F(JudgeFiles, LabelledRepliesAreRead) {
    const std::vector<LabelledReply> replies = read_labelled_replies(write(kGood + "\n" + kBad));
    ASSERT_EQ(replies.size(), 2U);
    EXPECT_TRUE(replies[0].yes);
    EXPECT_EQ(replies[1].question.reply, "s");
    EXPECT_EQ(replies[1].question.question, "q?");
}

TEST_F(JudgeFiles, LabelledRepliesThatAreNoneAreRefused) {
    const std::pair<std::string, std::string> cases[] = {
        {kGood + R"({"prompt": "p", "reply": "r", "judge": "q"})", ":2: key \"label\""},
        {kGood + R"({"prompt": "p", "reply": "r", "judge": "q", "label": 2})", ":2: \"label\" must be 0 or 1"},
        {kGood + R"({"prompt": "p", "reply": "r", "judge": "q", "label": true})", ":2: \"label\" must be 0 or 1"},
        {R"({"prompt": "p", "reply": " ", "judge": "q", "label": 0})", ":1: \"reply\" must hold text"},
        {R"({"prompt": "p", "reply": "r", "label": 0})", ":1: key \"judge\""},
        {kGood + kGood, "both labels"},
        {"", "both labels"}};
    for (const auto& [text, part] : cases) {
        EXPECT_TRUE(throws_error(ErrorKind::format, {"replies.jsonl", part}, [&, &text = text] {
            (void)read_labelled_replies(write(text));
        })) << text;
    }
}

TEST_F(JudgeFiles, JudgedTasksAreRead) {
    const Task task =
        read_task(write(R"({"prompt": "p", "judge": "Is it kind?", "max_tokens": 9, "group": "g"})"), Split::test);
    EXPECT_EQ(task.kind, TaskKind::judged);
    EXPECT_EQ(to_string(task.kind), "judged");
    EXPECT_EQ(task.items.at(0).question, "Is it kind?");
    EXPECT_EQ(task.items.at(0).max_tokens, 9U);
    EXPECT_TRUE(task.items.at(0).choices.empty());
    for (const char* line : {R"({"prompt": "p", "judge": " "})", R"({"prompt": "p", "judge": 3})",
                             R"({"prompt": "p", "judge": "q", "choices": ["a", "b"], "answer": 0})"})
        EXPECT_TRUE(throws_error(ErrorKind::format, {":1", "judge"}, [&] { (void)read_task(write(line), Split::all); }))
            << line;
}

TEST(JudgedMetrics, CountYesNoAndNeither) {
    Task task{"t", TaskKind::judged, std::vector<TaskItem>(3)};
    std::vector<ItemScores> scores(3);
    scores[0].judged = kYes;
    scores[1].judged = kNo;
    scores[2].judged = kNeither;
    EXPECT_EQ(item_values(Metric::judged, task, scores), (std::vector<double>{1, 0, 0}));
    EXPECT_EQ(item_values(Metric::yes, task, scores), (std::vector<double>{0.9, 0.2, 0}));
    EXPECT_EQ(item_values(Metric::neither, task, scores), (std::vector<double>{0, 0, 1}));
    EXPECT_EQ(reported_metrics(TaskKind::judged).front(), Metric::judged);
    for (const Metric metric : reported_metrics(TaskKind::judged)) EXPECT_EQ(parse_metric(to_string(metric)), metric);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {}, [&] { (void)item_values(Metric::choice, task, scores); }));
}

/// Says yes; counts how often it is asked, and fails from a question on.
class CountingJudge : public Judge {
public:
    CountingJudge(std::size_t& asked, std::size_t fails_at) : asked_(asked), fails_at_(fails_at) {}
    [[nodiscard]] std::string name() const override { return "counting"; }
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions, const RunContext&) override {
        if (asked_ == fails_at_) throw Error(ErrorKind::model, "judge: gone");
        asked_ += questions.size();
        return std::vector<JudgeAnswer>(questions.size(), kYes);
    }

private:
    std::size_t& asked_;
    std::size_t fails_at_;
};

TEST_F(JudgeFiles, AnswersAreKeptAndALineThatWasCutIsAskedAgain) {
    const auto file = folder_ / "kept.jsonl";
    const std::vector<JudgeQuestion> questions = {{"p", "one", "q"}, {"p", "two", "q"}, {"p", "one", "q"}};
    std::size_t asked = 0;
    const auto judge = [&] { return KeptJudge(std::make_unique<CountingJudge>(asked, 99), file); };
    EXPECT_EQ(judge().ask(questions, {}), (std::vector<JudgeAnswer>{kYes, kYes, kYes}));
    EXPECT_EQ(asked, 2U);
    EXPECT_EQ(judge().ask(questions, {}).size(), 3U);
    EXPECT_EQ(asked, 2U);
    std::string text = testing::read_bytes(file);
    testing::write_bytes(file, text.substr(0, text.size() - 5));
    EXPECT_EQ(judge().ask(questions, {}).size(), 3U);
    EXPECT_EQ(asked, 3U) << "the one whose line was cut";
    EXPECT_EQ(testing::read_bytes(file), text);
}

TEST_F(JudgeFiles, WhatIsNoFileOfAnswersIsRefused) {
    std::size_t asked = 0;
    const auto open = [&] { KeptJudge(std::make_unique<CountingJudge>(asked, 0), write(kGood)); };
    EXPECT_TRUE(throws_error(ErrorKind::format, {"replies.jsonl:1", "judge's answer"}, open));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"nowhere"}, [&] {
        KeptJudge(std::make_unique<CountingJudge>(asked, 0), folder_ / "nowhere" / "kept.jsonl");
    }));
}

}  // namespace
}  // namespace contrans
