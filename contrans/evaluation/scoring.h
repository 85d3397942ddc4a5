#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/task.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/sequence_runner.h"
#include "contrans/runtime/steering.h"

namespace contrans {

/// One steering on one subset of a task's items.
struct ScoringJob {
    std::shared_ptr<const SteeringPlan> steering;  ///< null: unsteered
    std::vector<std::size_t> items;                ///< indices into the task
};

/// Scores a task's items with one model, under as many steerings as wanted.
///
/// A choice is scored as the continuation of the prompt, tokenised together (DESIGN §6): the choice's tokens are those
/// after the tokens that the prompt alone shares with every prompt-and-choice. The last prompt token gives the first
/// token of all choices at once; only longer choices are read on. Steering is at every position.
/// The answer of a constrained or judged item is written greedily instead, steered from the prompt's first token on.
/// Construction tokenises; it throws Error{argument} for judged items without a judge, and naming the item when a
/// choice adds no token to its prompt or an item is longer than the model's context. One thread at a time.
class TaskScorer {
public:
    TaskScorer(std::shared_ptr<const Model> model, Task task, std::size_t threads);

    [[nodiscard]] const Task& task() const { return task_; }
    /// @return per job, per item of the job. All jobs are decoded together. Throws as run_sequences does.
    [[nodiscard]] std::vector<std::vector<ItemScores>> score(std::span<const ScoringJob> jobs,
                                                             const RunContext& context);
    /// The logits at every place that scoring all items looks at, under one steering: what the rows stand for depends
    /// on the items' tokens alone, so that models of one vocabulary have the same.
    /// @return [places, vocabulary]. Throws Error{argument} for tasks whose answers are written.
    [[nodiscard]] Matrix read_logits(const std::shared_ptr<const SteeringPlan>& steering, const RunContext& context);
    /// All items unsteered, with `added` on top of the logits of every place.
    /// @param added  [places, vocabulary or fewer], as read_logits gives them; tokens beyond get nothing
    /// Throws Error{argument} for other rows, or more columns than the vocabulary has.
    [[nodiscard]] std::vector<ItemScores> score_with(const Matrix& added, const RunContext& context);
    /// All items under one steering.
    [[nodiscard]] std::vector<ItemScores> score_all(std::shared_ptr<const SteeringPlan> steering,
                                                    const RunContext& context);

private:
    struct TokenisedItem {
        std::vector<Token> prompt;  // shared by all choices; its last position predicts their first tokens
        std::vector<std::vector<Token>> choices;  // what follows, at least one token each
    };
    /// What is read for scoring choices.
    struct ChoiceReading;
    [[nodiscard]] ChoiceReading reading_of(std::span<const ScoringJob> jobs) const;
    void add_logits(ChoiceReading& reading, std::size_t request, std::size_t position,
                    std::span<const float> logits) const;
    [[nodiscard]] ScoringJob all_items(std::shared_ptr<const SteeringPlan> steering) const;
    [[nodiscard]] std::vector<std::vector<ItemScores>> write_answers(std::span<const ScoringJob> jobs,
                                                                     const RunContext& context) const;
    /// Fills in what the task's judge says of the answers that were written.
    void judge_answers(std::span<const ScoringJob> jobs, std::vector<std::vector<ItemScores>>& results,
                       const RunContext& context) const;
    [[nodiscard]] TokenisedItem tokenise(const TaskItem& item, std::size_t index) const;

    std::shared_ptr<const Model> model_;
    Task task_;
    std::vector<TokenisedItem> items_;
    std::unique_ptr<Engine> engine_;  // none for constrained tasks
    std::size_t threads_;
};

}  // namespace contrans
