#pragma once

#include <string>
#include <vector>

#include "contrans/evaluation/results.h"

namespace contrans {

/// The numbers that report.js draws, as JSON that is safe inside a script element ("<" is escaped):
/// {"bars": {"quantity": "recovery"|"value", "tasks": [S], "series": [{"role", "title", "values": [x|null], "low",
/// "high"}]}, "dose": [{"task", "metric", "none": x|null, "series": [{"vector", "role", "points": [{"dose", "value",
/// "kl"}]}]}]}. Bars show recovery where any result has one, else values.
[[nodiscard]] std::string chart_data_json(const EvaluationReport& report);

/// The tasks with a dose curve, in the order of "dose".
[[nodiscard]] std::vector<std::string> dose_tasks(const EvaluationReport& report);

}  // namespace contrans
