#pragma once

#include <string>
#include <vector>

#include "contrans/evaluation/bootstrap.h"
#include "contrans/evaluation/results.h"

namespace contrans {

/// Measured damage may pass the budget by this factor: the budget was kept on development texts, the report measures
/// others.
inline constexpr double kDamageTolerance = 1.25;

/// Judges one treatment vector on one task by the task's primary metric. In this order:
///  1. moves: the interval of treated − none lies above 0. If not: `cannot_tell` where native was run and gains less
///     than kSmallestNativeGain, or not for certain (the interval of native − none reaches 0); else `no_effect`.
///  2. damages: kl_nats > kDamageTolerance · budget (budget 0: not judged).
///  3. beats the controls: for every control on the task, the interval's low end of the treatment lies above the 95th
///     percentile of its draws (drawn controls), and the interval of treated − control lies above 0. If not:
///     `no_better_than_controls`. Without controls: `untested`.
///  4. native_is_better: the interval of native − treated lies above 0.
///  5. works.
/// The sentence also says when prompting alone does better and when native moves nothing.
/// Throws Error{argument} when the vector has no result on the task, the task no result of role none, or conditions
/// have different items.
[[nodiscard]] Verdict judge(const EvaluationReport& report, const std::string& task, const std::string& vector,
                            const BootstrapOptions& options = {});

/// A verdict for every treatment on every task, in the order of results.
[[nodiscard]] std::vector<Verdict> judge_all(const EvaluationReport& report, const BootstrapOptions& options = {});

/// Whether every transplanted vector passed; the paper's method is there for comparison and fails nothing.
[[nodiscard]] bool all_passed(const std::vector<Verdict>& verdicts);

}  // namespace contrans
