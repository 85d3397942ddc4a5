#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/steering.h"

namespace contrans {

/// Proxy-tuning (Liu et al. 2024, arXiv 2401.08565, section 2): the target answers by its own logits plus what a small
/// model's differ by with and without the behaviour. Their small model is tuned; here it is steered by its own vector.
/// It needs one vocabulary, and three models' reading for every token where a carried vector needs one.
class ProxyTuning {
public:
    /// @param small    with the target's vocabulary, or all of it but tokens at its end
    /// @param steering  of the small model; null changes nothing
    /// Throws Error{model} naming the first token that differs.
    ProxyTuning(std::shared_ptr<const Model> small, std::shared_ptr<const SteeringPlan> steering, const Model& target,
                std::size_t threads);

    /// All of the task's items. Throws Error{argument} for tasks whose answers are written.
    [[nodiscard]] std::vector<ItemScores> score(TaskScorer& target, const RunContext& context) const;
    /// @param texts, options  those that the target's damage is measured with
    [[nodiscard]] Damage damage(const DamageMeter& target, std::span<const std::string> texts,
                                const NextTokenOptions& options, const RunContext& context) const;

private:
    std::shared_ptr<const Model> small_;
    std::shared_ptr<const SteeringPlan> steering_;
    std::size_t threads_;
};

/// Throws Error{model} naming the first token of the smaller vocabulary that the other spells otherwise.
void require_same_vocabulary(const Model& small, const Model& target);

}  // namespace contrans
