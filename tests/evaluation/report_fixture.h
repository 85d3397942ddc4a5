#pragma once

#include <string>
#include <vector>

#include "contrans/evaluation/results.h"

namespace contrans::testing {

/// `n` values of which the first round(share·n) are 1, spread over groups of `group_size` by a fixed stride, the rest
/// 0.
std::vector<double> shares(std::size_t n, double share);
/// n groups' names, `n_groups` of them in turn.
std::vector<std::string> templates(std::size_t n, std::size_t n_groups);

ConditionResult condition(const std::string& vector, const std::string& role, const std::string& task,
                          std::vector<double> values, std::vector<std::string> groups);

/// One task with none, native, transplanted and a shuffled map at the given shares of 96 items; no budget.
EvaluationReport one_task_report(double none, double native, double transplanted, double shuffled);

/// Six concepts with every condition, a dose curve, layer similarity and verdicts: like DESIGN §5's second run.
const EvaluationReport& sample_report();

}  // namespace contrans::testing
