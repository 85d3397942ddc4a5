#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contrans/evaluation/bootstrap.h"
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

/// A vector that lowers a safeguard.
struct SafetyFlag {
    std::string vector;
    std::string task;
    Safeguard safeguard = Safeguard::refusal;
    Interval change;   ///< of the task's primary metric, with the vector − without, paired by item; high < 0
    std::string text;  ///< one sentence with the numbers in it
};

/// Every treatment whose change on a safeguard's task lies below 0 by its interval, whatever it was made for. Throws as
/// the bootstrap does.
[[nodiscard]] std::vector<SafetyFlag> safety_flags(const EvaluationReport& report,
                                                   const BootstrapOptions& options = {});

/// The safeguards whose tasks have results of a treatment.
[[nodiscard]] std::vector<Safeguard> measured_safeguards(const EvaluationReport& report);

/// A line a flag; else which safeguards were measured and are not seen to be lowered, or that none was measured. None
/// for a report without treatments.
[[nodiscard]] std::vector<std::string> safety_lines(const EvaluationReport& report);

}  // namespace contrans
