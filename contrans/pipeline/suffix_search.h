#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "contrans/core/progress.h"
#include "contrans/evaluation/suffix_attack.h"
#include "contrans/evaluation/task.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

struct SuffixSearchOptions {
    std::size_t words = 5;   ///< of the suffix at most; at least 1
    std::size_t tried = 16;  ///< words drawn by chance that each next word is chosen from, beside those of the choices
    std::size_t items = 8;   ///< of the task, that it is searched on; 0: all
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// Searches the words that undo most of what a vector does, as someone would who may put words behind the text that
/// the model is asked about (with_suffix) and sees its answers, but neither vector nor weights: word by word, each time
/// the one that lowers the steered metric most, until none does. The metric is the margin where choices are the task,
/// since it moves where no choice flips, else the primary one. Words are those of the items themselves, of their
/// choices and of the built-in development texts, in small letters.
/// A greedy form of the search for one suffix over many prompts of Zou et al. 2023 (arXiv 2307.15043, section 2.3),
/// without gradients.
/// @param task  development items; what is found must be judged on others
/// Throws Error{argument} without items or words, Error{model} for a vector of another model.
[[nodiscard]] SuffixAttack search_suffix(const std::shared_ptr<const Model>& target, const ControlVector& vector,
                                         const Task& task, const SuffixSearchOptions& options,
                                         const RunContext& context);

}  // namespace contrans
