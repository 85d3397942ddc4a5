#pragma once

#include <optional>
#include <string>

#include "contrans/evaluation/results.h"

namespace contrans {

/// What a vector must not take away from a target.
enum class Safeguard {
    refusal,       ///< of harmful requests
    truthfulness,  ///< telling, or staying with, what is true
};
[[nodiscard]] std::string to_string(Safeguard safeguard);

/// What a task measures: its name, or a folder of its file, begins with "refusal" or "truthful" (data/concepts,
/// TruthfulQA's own files). Nothing for other tasks, and for benign requests ("benign…"), which must not be refused.
[[nodiscard]] std::optional<Safeguard> safeguard_of(const TaskSummary& task);

}  // namespace contrans
