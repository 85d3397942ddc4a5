#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/text.h"
#include "contrans/evaluation/constraint.h"
#include "contrans/evaluation/judge.h"

namespace contrans {

/// What an item asks for, and so which metrics it has.
enum class TaskKind {
    choice,       ///< one of the choices is the answer: `choice`, `top1`, `margin`
    truthful,     ///< every choice is true or false: `mc1`, `mc2` (TruthfulQA)
    constrained,  ///< the answer is written, and must obey constraints: `strict`, `loose`, `distinct2`
    judged,       ///< the answer is written, and a judge says yes or no of it: `judged`, `yes`, `neither`, `distinct2`
};
[[nodiscard]] std::string to_string(TaskKind kind);

/// Which of the two versions of a text an item is: they differ in one word or name, as that of a group of people.
struct PairedVersion {
    std::size_t pair = 0;
    std::size_t number = 0;  ///< 0 or 1
};

/// One prompt, and the continuations that are compared or the constraints that a written one must obey.
struct TaskItem {
    Text prompt;
    std::vector<std::string> choices;  ///< at least 2, all different; none of constrained items
    std::size_t answer = 0;            ///< choice items: index of the right choice
    std::vector<int> labels;           ///< truthful items: 1 where the choice is true, else 0; empty for choice items
    std::size_t best = 0;              ///< truthful items: index of the best true choice
    std::string group;                 ///< the template, for the clustered bootstrap; "": a cluster of its own
    std::vector<Constraint> constraints = {};  ///< constrained items: all of them are to be obeyed; at least one
    std::size_t max_tokens = 160;              ///< constrained and judged items: the answer ends there at the latest
    std::string question = {};  ///< judged items: what a judge is asked of the answer, to be said yes or no to
    std::size_t line = 0;       ///< of its file, from 1; 0: of no file
    std::optional<PairedVersion> version = {};  ///< choice items: of the text that another item has too
    std::size_t of = 0;  ///< the line of the test item that it is a variant of (robustness.h); 0: of none
};

struct Task {
    std::string name;  ///< task_name of its file
    TaskKind kind = TaskKind::choice;
    std::vector<TaskItem> items;
    std::filesystem::path file = {};    ///< that it was read from; empty: none
    std::shared_ptr<Judge> judge = {};  ///< of judged items, which cannot be scored without one
};

/// What a task is called: its file's stem; the folder's name for files called dev, test, items or task.
[[nodiscard]] std::string task_name(const std::filesystem::path& file);

/// Which half of a task file is wanted. Files without "split" belong whole to whoever reads them.
enum class Split { all, dev, test };

/// Reads a task file: TruthfulQA's own where its name ends in .csv (truthfulqa.h); else (DESIGN §6) JSON lines with
/// "prompt", "choices" and either "answer" or "labels" and "best", optionally "split" and "group"; or "prompt" and
/// "constraint" {"kind": …} or a list "constraints", or "judge" (the question to a judge), optionally "max_tokens".
/// A variant of another file's item names its line as "of". Where an item with an "answer" has numbers as "pair" and
/// "version", 0 or 1, it is a version of a text. Other keys are left alone. Throws Error{io} when the file
/// cannot be read; Error{format} naming file and line for malformed JSON, a missing key or one of the wrong type, an
/// empty prompt or choice, fewer than 2 choices, a repeated choice, an index out of range, labels that are not one 0 or
/// 1 a choice with both present, a best choice that is not true, an unknown constraint or one without its number or
/// texts, several kinds in one file, "split" on some lines only, a prompt in both halves (disjoint_tasks.h); and naming
/// the file when no item is left.
[[nodiscard]] Task read_task(const std::filesystem::path& file, Split split);

/// Whether the target writes the answers of such items itself.
[[nodiscard]] bool is_written(TaskKind kind);

/// The same items, every plain prompt put to the model as a user's message in its own chat template.
[[nodiscard]] Task as_chat(Task task);

/// Whether every item is a version of a text, and each text there in both.
[[nodiscard]] bool has_paired_versions(const Task& task);

/// A seeded subset of `n` items in their old order, every group represented in proportion; n = 0 or n ≥ the number of
/// items: all of them. Paired versions stay together: one item fewer where n is odd, two at least.
[[nodiscard]] Task limit_items(const Task& task, std::size_t n, std::uint64_t seed);

/// The items' groups in order, as the bootstrap takes them.
[[nodiscard]] std::vector<std::string> item_groups(const Task& task);

}  // namespace contrans
