#pragma once

#include <string>

#include "contrans/evaluation/results.h"

namespace contrans {

/// The plain-text table of a report: a row per task with the primary metric of every condition, columns without any
/// value left out, then the headline's sentences. ASCII but for task names; every line at most kTableWidth columns.
inline constexpr std::size_t kTableWidth = 100;
[[nodiscard]] std::string render_table(const EvaluationReport& report);

}  // namespace contrans
