#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/model_identity.h"
#include "contrans/core/progress.h"
#include "contrans/evaluation/drift.h"
#include "contrans/evaluation/task.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_set.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

struct VerifyRequest {
    std::optional<Task> task;            ///< the development items it was chosen on; nothing: judged by its signature
    std::vector<std::string> neutral;    ///< texts of spread and damage; empty: the built-in development texts
    std::optional<ControlSet> controls;  ///< from V.controls.gguf; nothing: no controls beside the agreement
    std::uint64_t seed = 1;              ///< of the interval
    std::size_t threads = 0;
};

struct VerifyResult {
    ModelIdentity made_for;
    ModelIdentity target;
    DriftMeasures measures;
    DriftJudgement judgement;
    std::optional<DriftJudgement> by_signature;  ///< without the task; nothing where none was given, or no signature is
};

/// Runs a transplant's evidence again on a target that changed: another quant, a fine-tune (evaluation/drift.h has the
/// rules). What the vector did then comes with it. A target of another architecture, width, depth or tokenizer is
/// refused by its header alone.
/// @param load  called once the header fits
/// Throws Error{format} for a vector that carries no target or evidence, Error{argument} for one without a signature
/// where no task is given; what loading and reading throw.
[[nodiscard]] VerifyResult verify(const ControlVector& vector, const ModelIdentity& target,
                                  const std::function<std::shared_ptr<const Model>()>& load,
                                  const VerifyRequest& request, const RunContext& context);

}  // namespace contrans
