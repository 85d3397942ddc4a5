#pragma once

#include <string>

#include "contrans/study/run_study.h"
#include "contrans/study/study.h"

namespace contrans {

/// {"study": NAME, "runs": [{"models": NAME, "seed": N, "report": REPORT, "side_effects": LIST, "safety": FLAGS,
/// "attacks": LIST, "robustness": LIST}, …]}, REPORT as `evaluate` prints it, LISTs as side_effects_to_json and
/// robustness_to_json, FLAGS as safety_to_json of both, left out where nothing was asked. Two studies of the same files
/// give the same bytes. Throws as report_to_json.
[[nodiscard]] std::string study_to_json(const Study& study, const StudyResult& result);

/// One page that needs no network: of a single run its report; of several a table of what each recovers, and every
/// run's report to be unfolded. Throws as render_report_html.
[[nodiscard]] std::string render_study_html(const Study& study, const StudyResult& result);

/// Every run's table, with its models and seed above it where there are several. Throws as render_table.
[[nodiscard]] std::string render_study_table(const StudyResult& result);

}  // namespace contrans
