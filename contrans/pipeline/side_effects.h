#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/side_effects.h"
#include "contrans/evaluation/task.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

struct SideEffectOptions {
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// Every vector, as it is written, on every task: the diagonal is the wanted effect where a vector's own task is among
/// them; and how each changes overconfidence where there are choices. All vectors of a task are scored together, so
/// that unsteered beginnings are read once. Throws Error{argument} without vectors or tasks, Error{model} for a vector
/// of another model.
[[nodiscard]] std::vector<SideEffect> measure_side_effects(const std::shared_ptr<const Model>& target,
                                                           std::span<const ControlVector> vectors,
                                                           std::span<const Task> tasks,
                                                           const SideEffectOptions& options, const RunContext& context);

}  // namespace contrans
