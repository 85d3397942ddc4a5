#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/core/progress.h"
#include "contrans/evaluation/results.h"
#include "contrans/evaluation/task.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_set.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// One vector to be judged.
struct Treatment {
    ControlVector vector;
    std::optional<ControlSet> controls;  ///< from V.controls.gguf; nothing: no map or label controls
    bool is_for_comparison = false;      ///< the paper's method beside another: role `paper` instead of `transplanted`
};

/// The controls that can be asked for; each also named in the report when it could not be run.
struct ControlChoice {
    bool shuffled_map = true;
    bool shuffled_labels = true;
    bool random_covariance = true;
    bool random_isotropic = true;
};

/// What stands for the small tuned model of proxy-tuning (proxy_tuning.h).
struct ProxySource {
    std::shared_ptr<const Model> model;
    ControlVector vector;
};

struct EvaluateRequest {
    Task task;  ///< reported on
    std::optional<Task>
        dev_task;  ///< searched on; nothing: native and the shuffled map use the treatment's layer and dose
    std::optional<ContrastPairs> native_pairs;  ///< texts for the native vector; nothing: no native, no recovery
    Refinement native;        ///< of the native vector, beside those that the first vector could choose from
    std::string instruction;  ///< put before every prompt for `prompt`; empty: no such condition
    std::size_t few_shot =
        0;  ///< positive texts of native_pairs before every prompt for `few-shot`; 0: no such condition
    /// A small model of the target's vocabulary and its own vector, for `proxy-tuning`; nothing: no such condition.
    std::optional<ProxySource> proxy;
    ControlChoice controls;
    std::size_t draws = 10;       ///< draws of each drawn control
    std::size_t draw_items = 12;  ///< items each draw is scored on (a stratified subset); 0: all
    double budget_nats = 0.5;
    std::vector<std::string> neutral_dev;   ///< search and σ; empty: the built-in ones
    std::vector<std::string> neutral_test;  ///< reported damage; empty: the built-in ones
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::uint64_t seed = 1;
    std::size_t threads = 0;
};

/// Judges the vectors side by side on one task: unsteered, each vector as it is written, native with the same search,
/// the instruction, and the controls of DESIGN §5; with intervals, recovery, damage and a verdict each.
/// The first vector is the treatment whose dose and layer the drawn controls take.
/// Throws Error{argument} without vectors or items, Error{format} for a prompt that is developed on and reported on
/// (disjoint_tasks.h), Error{model} for a vector of another model or width, and for a proxy of another vocabulary.
[[nodiscard]] EvaluationReport evaluate(const std::shared_ptr<const Model>& target,
                                        const std::vector<Treatment>& treatments, const EvaluateRequest& request,
                                        const RunContext& context);

}  // namespace contrans
