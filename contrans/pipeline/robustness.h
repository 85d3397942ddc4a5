#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/robustness.h"
#include "contrans/evaluation/task.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

struct RobustnessOptions {
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// One vector's gain on every variant of its test items, beside that on the very items that they are variants of
/// ("of"); of variants without "of" beside the gain on all test items. Unsteered and steered are scored together.
/// Throws Error{argument} without variants, Error{format} naming file and line for an "of" that is no line of the
/// test's file or stands on some lines only, Error{model} for a vector of another model.
[[nodiscard]] std::vector<VariantValues> measure_robustness(const std::shared_ptr<const Model>& target,
                                                            const ControlVector& vector, const Task& test,
                                                            std::span<const Task> variants,
                                                            const RobustnessOptions& options,
                                                            const RunContext& context);

}  // namespace contrans
