#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/bootstrap.h"
#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/recovery.h"
#include "contrans/evaluation/task.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// One of several vectors that steer together, and how its own effect is told.
struct TaskedVector {
    ControlVector vector;
    std::optional<Task> task;  ///< items reported on; nothing: only its damage counts
};

struct InterferenceRequest {
    std::vector<std::string> neutral;  ///< texts that damage is measured on; empty: the built-in test texts
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// What a vector does to its own task alone and in company, on the task's primary metric, with 95% intervals over
/// templates and items.
struct Interference {
    std::size_t vector = 0;  ///< its place among the vectors
    std::string task;
    std::string metric;
    std::size_t n = 0;  ///< items
    Interval none;      ///< unsteered
    Interval alone;
    Interval together;  ///< all vectors at once, offsets at the same layer added
    /// (together − none) / (alone − none), paired by item; nothing where the gain alone is under kSmallestNativeGain.
    RecoveryEstimate gain_ratio;
};

struct InterferenceReport {
    std::vector<Interference> tasks;  ///< of the vectors that have one
    std::vector<Damage> alone;        ///< of each vector
    Damage together;
};

/// Steers with each vector alone and with all at once, every vector at the dose it is written with.
/// Throws Error{argument} for fewer than two vectors, Error{model} for a vector of another model or width.
[[nodiscard]] InterferenceReport measure_interference(const std::shared_ptr<const Model>& target,
                                                      std::span<const TaskedVector> vectors,
                                                      const InterferenceRequest& request, const RunContext& context);

}  // namespace contrans
