#pragma once

#include <span>
#include <string>
#include <vector>

#include "contrans/evaluation/task.h"

namespace contrans {

/// What a model said about one item.
struct ItemScores {
    std::vector<double> choice_log_likelihood;  ///< [choices] natural log, summed over the choice's tokens
    bool top1 = false;                          ///< whether the most likely next token starts the answer
    std::string answer = {};                    ///< constrained and judged items: what the model wrote, greedily
    JudgeAnswer judged = {};                    ///< judged items: what the judge said of it
};

enum class Metric {
    choice,   ///< 1 where the answer's log-likelihood beats every other choice's, else 0 (a tie is no win)
    top1,     ///< 1 where the most likely next token starts the answer, else 0
    margin,   ///< log-likelihood of the answer minus that of the best other choice, nats: moves where none flips
    mc1,      ///< 1 where the best choice's log-likelihood beats every false one's, else 0 (TruthfulQA MC1)
    mc2,      ///< probability of the true choices, normalised over all of them, in [0, 1] (TruthfulQA MC2)
    strict,   ///< 1 where the answer obeys all constraints as it stands, else 0
    loose,    ///< 1 where it obeys each in the loose reading, else 0
    judged,   ///< 1 where the judge says yes, else 0: also where it says neither
    yes,      ///< the judge's probability of yes among yes and no, in [0, 1]
    neither,  ///< 1 where the judge says neither yes nor no
    /// The likeliest choice's share of the choices' probability, minus 1 where it is the answer (or a true one), in
    /// [-1, 1]: its mean is confidence minus accuracy, above 0 where the model is surer than it is right.
    overconfidence,
    distinct2,  ///< share of different pairs of words in the answer: low where it collapses into repetition
};

[[nodiscard]] std::string to_string(Metric metric);
[[nodiscard]] Metric parse_metric(const std::string& name);  ///< throws Error{argument} naming the possible ones

/// Whether an item's value may be any number, not 0 or 1 alone.
[[nodiscard]] bool is_graded(Metric metric);

/// The metrics that are reported for a kind of task, the primary one first.
[[nodiscard]] std::vector<Metric> reported_metrics(TaskKind kind);

/// One value an item. Throws Error{argument} when the metric is not of the task's kind or scores and items do not
/// match, Error{numeric} when a log-likelihood is not finite.
[[nodiscard]] std::vector<double> item_values(Metric metric, const Task& task, std::span<const ItemScores> scores);

/// Of texts in two versions (task.h): by how many nats version 1 favours the answer more than version 0 does.
struct Parity {
    std::vector<double> values;       ///< [texts] difference of the margins, rising by pair
    std::vector<std::string> groups;  ///< [texts] version 0's
};
/// Throws Error{argument} for a task without paired versions, and as item_values.
[[nodiscard]] Parity parity_of(const Task& task, std::span<const ItemScores> scores);

}  // namespace contrans
