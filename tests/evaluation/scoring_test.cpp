#include "contrans/evaluation/scoring.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/evaluation/log_softmax.h"
#include "contrans/evaluation/model_judge.h"
#include "contrans/runtime/chat_template.h"
#include "contrans/runtime/generator.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::english;
using testing::RawContext;
using testing::throws_error;

using Plan = std::shared_ptr<const SteeringPlan>;

// Logits carry the F16 cache's rounding: a few 1e-3 a token (DESIGN §4).
constexpr double kTolerance = 0.01;

TaskItem item_of(Text prompt, std::vector<std::string> choices, std::size_t answer = 0) {
    TaskItem item;
    item.prompt = std::move(prompt);
    item.choices = std::move(choices);
    item.answer = answer;
    return item;
}

/// One-token choices, longer ones, both together, ones that begin alike, one that merges with the prompt's last token.
Task mixed_task() {
    Task task{"mixed", TaskKind::choice, {}};
    task.items.push_back(item_of("The ship is", {" a", " t", " s"}, 1));
    task.items.push_back(item_of("The ship is", {" under the bridge", " over the water", " a", " over the rain"}, 3));
    task.items.push_back(item_of(english(60) + " the", {" garden", "re", "y"}, 2));
    task.items.push_back(item_of("Rain o", {"n", "u", "nly"}, 0));
    return task;
}

/// Teacher-forced: the whole of prompt and choice read at once, the choice's tokens being those after what all of the
/// item's tokenisations share.
struct NaiveItem {
    std::vector<double> log_likelihood;
    std::vector<std::vector<Token>> choices;
    Token likeliest = 0;
    std::size_t shared = 0;
};

NaiveItem naive_scores(const Model& model, const TaskItem& item, const SteeringPlan::Step* step = nullptr) {
    const auto* chat = std::get_if<std::vector<ChatMessage>>(&item.prompt);
    const std::string prompt = chat ? render_chat(model.handle(), *chat) : std::get<std::string>(item.prompt);
    const SpecialTokens special = chat ? SpecialTokens::parse : SpecialTokens::as_text;
    NaiveItem naive;
    const std::vector<Token> alone = model.tokenizer().tokenise(prompt, special);
    naive.shared = alone.size();
    std::vector<std::vector<Token>> together;
    for (const std::string& choice : item.choices) {
        together.push_back(model.tokenizer().tokenise(prompt + choice, special));
        std::size_t same = 0;
        while (same < alone.size() && same < together.back().size() && alone[same] == together.back()[same]) ++same;
        naive.shared = std::min({naive.shared, same, together.back().size() - 1});
    }
    RawContext raw(model);
    if (step != nullptr) raw.steer(step->layer, step->offset);
    for (const std::vector<Token>& tokens : together) {
        const Matrix logits = raw.read(tokens).logits;
        double sum = 0;
        for (std::size_t p = naive.shared; p < tokens.size(); ++p) {
            sum += static_cast<double>(logits(p - 1, static_cast<std::size_t>(tokens[p]))) -
                   log_sum_exp(logits.row(p - 1));
        }
        naive.log_likelihood.push_back(sum);
        naive.choices.emplace_back(tokens.begin() + static_cast<std::ptrdiff_t>(naive.shared), tokens.end());
        naive.likeliest = testing::likeliest(logits.row(naive.shared - 1));
    }
    return naive;
}

void expect_naive(const Model& model, const Task& task, std::span<const ItemScores> scores,
                  const SteeringPlan::Step* step = nullptr) {
    ASSERT_EQ(scores.size(), task.items.size());
    for (std::size_t i = 0; i < task.items.size(); ++i) {
        const NaiveItem naive = naive_scores(model, task.items[i], step);
        ASSERT_EQ(scores[i].choice_log_likelihood.size(), naive.log_likelihood.size());
        for (std::size_t c = 0; c < naive.log_likelihood.size(); ++c) {
            EXPECT_NEAR(scores[i].choice_log_likelihood[c], naive.log_likelihood[c], kTolerance)
                << "item " << i << " choice " << c << " of " << naive.choices[c].size() << " tokens";
        }
        const std::size_t answer = task.kind == TaskKind::choice ? task.items[i].answer : task.items[i].best;
        EXPECT_EQ(scores[i].top1, naive.likeliest == naive.choices[answer][0]) << "item " << i;
    }
}

Plan plan_at(std::size_t layer, std::size_t width) {
    return std::make_shared<const SteeringPlan>(
        std::vector<SteeringPlan::Step>{{LayerIndex{layer}, std::vector<float>(width, 0.4F)}});
}

class Scoring : public ::testing::TestWithParam<const std::shared_ptr<const Model>& (*)()> {
protected:
    std::shared_ptr<const Model> model_ = GetParam()();
};

INSTANTIATE_TEST_SUITE_P(Models, Scoring, ::testing::Values(&testing::tiny_source_model, &testing::tiny_target_model),
                         [](const auto& model) {
                             return std::string(model.index == 0 ? "BytePairs" : "SentencePieces");
                         });

TEST_P(Scoring, IsTheTeacherForcedSumOfTheChoicesTokens) {
    TaskScorer scorer(model_, mixed_task(), 1);
    expect_naive(*model_, scorer.task(), scorer.score_all(nullptr, {}));
}

TEST_P(Scoring, TheTestTaskHasWhatItPromises) {
    const Task task = mixed_task();
    const NaiveItem lengths = naive_scores(*model_, task.items[1]);
    EXPECT_EQ(lengths.choices[2].size(), 1U);
    EXPECT_GT(lengths.choices[0].size(), 3U);
    // "o" + "n" is one token of the byte pairs: the prompt gives its last token up.
    const auto alone = model_->tokenizer().tokenise("Rain o").size();
    const bool byte_pairs = GetParam() == &testing::tiny_source_model;
    EXPECT_EQ(naive_scores(*model_, task.items[3]).shared, byte_pairs ? alone - 1 : alone);
}

TEST_P(Scoring, SteersEveryPosition) {
    const Plan plan = plan_at(2, model_->d_model());
    TaskScorer scorer(model_, mixed_task(), 1);
    const auto steered = scorer.score_all(plan, {});
    expect_naive(*model_, scorer.task(), steered, &plan->steps()[0]);
    const auto unsteered = scorer.score_all(nullptr, {});
    EXPECT_GT(std::abs(steered[0].choice_log_likelihood[0] - unsteered[0].choice_log_likelihood[0]), 5 * kTolerance);
}

TEST_P(Scoring, JobsTogetherScoreAsEachAlone) {
    const std::vector<Plan> plans = {nullptr, plan_at(1, model_->d_model()), plan_at(2, model_->d_model())};
    TaskScorer scorer(model_, mixed_task(), 1);
    const std::vector<ScoringJob> jobs = {{plans[1], {3, 0}}, {nullptr, {2}}, {plans[2], {1, 1}}, {plans[1], {}}};
    const auto together = scorer.score(jobs, {});
    ASSERT_EQ(together.size(), jobs.size());
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        ASSERT_EQ(together[j].size(), jobs[j].items.size());
        const auto alone = scorer.score_all(jobs[j].steering, {});
        for (std::size_t i = 0; i < jobs[j].items.size(); ++i) {
            const ItemScores& expected = alone[jobs[j].items[i]];
            EXPECT_NEAR(together[j][i].choice_log_likelihood[0], expected.choice_log_likelihood[0], kTolerance);
            EXPECT_EQ(together[j][i].top1, expected.top1);
        }
    }
}

TEST_P(Scoring, ChatsAreScoredAsRendered) {
    Task task{"chat", TaskKind::choice, {}};
    task.items.push_back(item_of(Text(std::vector<ChatMessage>{{"system", "Be brief."}, {"user", "Where is it?"}}),
                                 {" a ship", " the bridge"}, 1));
    TaskScorer scorer(model_, task, 1);
    expect_naive(*model_, task, scorer.score_all(nullptr, {}));
}

TEST_P(Scoring, TruthfulItemsAreScoredByTheirBestChoice) {
    Task task{"truth", TaskKind::truthful, {}};
    TaskItem item = item_of("The rain is", {" a ship", " the bridge", " water"});
    item.labels = {0, 1, 1};
    item.best = 2;
    task.items.push_back(item);
    expect_naive(*model_, task, TaskScorer(model_, task, 1).score_all(nullptr, {}));
}

TEST(ScoringTop1, IsWhetherTheLikeliestNextTokenStartsTheAnswer) {
    // Towards one token's own row of the tied head: then that token is the likeliest.
    const auto& model = testing::tiny_source_model();
    const auto answer = model->tokenizer().tokenise("The ship is a").back();
    const Plan steered = [&] {
        const Matrix embeddings = ArtefactReader(testing::tiny_source_file()).matrix("token_embd.weight", {});
        std::vector<float> offset;
        for (const float x : embeddings.row(static_cast<std::size_t>(answer))) offset.push_back(100 * x);
        return std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{3}, offset}});
    }();
    Task task{"top", TaskKind::choice, {}};
    task.items.push_back(item_of("The ship is", {" a", " t"}, 0));
    task.items.push_back(item_of("The ship is", {" a", " t"}, 1));
    const auto scores = TaskScorer(model, task, 1).score_all(steered, {});
    EXPECT_TRUE(scores[0].top1);
    EXPECT_FALSE(scores[1].top1);
    EXPECT_NEAR(scores[0].choice_log_likelihood[0], 0, 0.1);
}

TEST(ScoringErrors, AnItemLongerThanTheContextIsNamed) {
    Task task = mixed_task();
    task.items[2].choices[1] = english(3000);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"mixed", "item 3", "512"},
                             [&] { TaskScorer(testing::tiny_source_model(), task, 1); }));
}

TEST(ScoringErrors, AChoiceThatAddsNothingIsNamed) {
    Task task = mixed_task();
    task.items[1].choices[1] = "";
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"mixed", "item 2", "choice 2"},
                             [&] { TaskScorer(testing::tiny_source_model(), task, 1); }));
}

TEST(ScoringErrors, APromptThatMergesAwayIsNamed) {
    Task task{"short", TaskKind::choice, {item_of("o", {"n", "u"})}};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"short", "item 1", "prompt"},
                             [&] { TaskScorer(testing::tiny_source_model(), task, 1); }));
    EXPECT_NO_THROW(TaskScorer(testing::tiny_target_model(), task, 1)) << "there BOS is shared";
}

TEST(ScoringErrors, AStopIsHeeded) {
    TaskScorer scorer(testing::tiny_source_model(), mixed_task(), 1);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
        (void)scorer.score_all(nullptr, {.progress = nullptr, .stop = stop.get_token()});
    }));
}

TEST_P(Scoring, AnswersOfConstrainedItemsAreWrittenUnderTheSteering) {
    Task task{"written", TaskKind::constrained, {}};
    for (const std::size_t tokens : {5U, 12U}) {
        TaskItem item = item_of("The ship is", {});
        item.constraints = {{ConstraintKind::min_words, 0, {}}};
        item.max_tokens = tokens;
        task.items.push_back(item);
    }
    TaskScorer scorer(model_, task, 1);
    // So far out that whatever the model says by itself is drowned.
    std::vector<float> far(model_->d_model());
    for (std::size_t k = 0; k < far.size(); ++k) far[k] = k % 2 == 0 ? 40.0F : -40.0F;
    const Plan plan = std::make_shared<const SteeringPlan>(
        std::vector<SteeringPlan::Step>{{LayerIndex{model_->n_layers() - 1}, far}});
    const ScoringJob jobs[] = {{nullptr, {0, 1}}, {plan, {1}}};
    const auto scores = scorer.score(jobs, {});
    ASSERT_EQ(scores.size(), 2U);
    ASSERT_EQ(scores[0].size(), 2U);
    ASSERT_EQ(scores[1].size(), 1U);
    const std::vector<Token> prompt = model_->tokenizer().tokenise("The ship is");
    const auto written = [&](const Plan& steering, std::size_t tokens) {
        const GenerationRequest request{prompt, steering, tokens};
        return generate(model_, {&request, 1}, {}, 1, {}).front();
    };
    EXPECT_EQ(scores[0][0].answer, written(nullptr, 5));
    EXPECT_EQ(scores[0][1].answer, written(nullptr, 12));
    EXPECT_EQ(scores[1][0].answer, written(plan, 12));
    EXPECT_NE(scores[1][0].answer, scores[0][1].answer);
    EXPECT_EQ(item_values(Metric::distinct2, task, scores[0]).size(), 2U);
}

/// Remembers what it is asked, and says yes to what is longer than the first.
class RememberingJudge : public Judge {
public:
    [[nodiscard]] std::string name() const override { return "remembering"; }
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions, const RunContext&) override {
        asked.assign(questions.begin(), questions.end());
        std::vector<JudgeAnswer> answers;
        for (std::size_t i = 0; i < questions.size(); ++i) answers.push_back({i % 2 == 0 ? 1.0 : 0.0, false});
        return answers;
    }
    std::vector<JudgeQuestion> asked;
};

Task judged_task() {
    Task task{"judged", TaskKind::judged, {}};
    for (const char* prompt : {"The day was", "The old book"}) {
        TaskItem item;
        item.prompt = prompt;
        item.question = "Is it kind?";
        item.max_tokens = 4;
        task.items.push_back(item);
    }
    return task;
}

TEST(JudgedItems, AreWrittenAndThenJudged) {
    const auto judge = std::make_shared<RememberingJudge>();
    Task task = judged_task();
    task.judge = judge;
    TaskScorer scorer(testing::tiny_target_model(), task, 1);
    const std::vector<ScoringJob> jobs = {{nullptr, {0, 1}}, {nullptr, {1}}};
    const auto scores = scorer.score(jobs, {});
    ASSERT_EQ(judge->asked.size(), 3U);
    EXPECT_EQ(judge->asked[0].prompt, "The day was");
    EXPECT_EQ(judge->asked[2].prompt, "The old book");
    EXPECT_EQ(judge->asked[2].question, "Is it kind?");
    EXPECT_EQ(judge->asked[2].reply, scores[1][0].answer);
    EXPECT_FALSE(scores[0][0].answer.empty());
    EXPECT_EQ(scores[0][0].judged.yes, 1);
    EXPECT_EQ(scores[0][1].judged.yes, 0);
    EXPECT_EQ(scores[1][0].judged.yes, 1);
}

TEST(JudgedItems, NeedAJudge) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"judged", "--judge"},
                                      [] { TaskScorer(testing::tiny_target_model(), judged_task(), 1); }));
}

TEST(ModelJudges, SayNeitherWhereYesAndNoHardlyCount) {
    ModelJudge judge(testing::tiny_target_model(), 1);
    EXPECT_NE(judge.name().find("Tiny target"), std::string::npos);
    const std::vector<JudgeQuestion> questions = {{"Where?", "There.", "Is it kind?"},
                                                  {"When?", "Now.", "Is it kind?"}};
    EXPECT_EQ(judge.ask(questions, {}), (std::vector<JudgeAnswer>(2, {0, true}))) << "random weights";
    EXPECT_TRUE(judge.ask({}, {}).empty());
}

}  // namespace
}  // namespace contrans
