#include "contrans/evaluation/model_judge.h"

#include <cmath>
#include <string>
#include <utility>

#include "contrans/evaluation/scoring.h"
#include "contrans/runtime/chat_template.h"

namespace contrans {
namespace {

// After a colon words begin with a space, after a chat template's opening they do not.
const std::vector<std::string> kAfterText = {" yes", " no", " Yes", " No"};
const std::vector<std::string> kAfterTemplate = {"yes", "no", "Yes", "No"};

Task task_of(std::span<const JudgeQuestion> questions, bool chats) {
    Task task{"judge", TaskKind::choice, {}};
    for (const JudgeQuestion& question : questions) {
        TaskItem item;
        item.prompt = judge_prompt(question);
        item.choices = chats ? kAfterTemplate : kAfterText;
        task.items.push_back(std::move(item));
    }
    return chats ? as_chat(std::move(task)) : task;
}

}  // namespace

ModelJudge::ModelJudge(std::shared_ptr<const Model> model, std::size_t threads)
    : model_(std::move(model)), threads_(threads) {}

std::string ModelJudge::name() const { return describe(model_->identity()); }

std::vector<JudgeAnswer> ModelJudge::ask(std::span<const JudgeQuestion> questions, const RunContext& context) {
    if (questions.empty()) return {};
    TaskScorer scorer(model_, task_of(questions, has_chat_template(model_->handle())), threads_);
    std::vector<JudgeAnswer> answers;
    for (const ItemScores& scores : scorer.score_all(nullptr, context)) {
        const std::vector<double>& log = scores.choice_log_likelihood;
        answers.push_back(judge_answer(std::exp(log[0]) + std::exp(log[2]), std::exp(log[1]) + std::exp(log[3])));
    }
    return answers;
}

}  // namespace contrans
