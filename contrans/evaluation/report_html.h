#pragma once

#include <string>

#include "contrans/evaluation/results.h"

namespace contrans {

/// The report as one HTML page that needs no network: Chart.js, style, script and numbers are inside, and a policy in
/// it forbids everything else. Light and dark, narrow and wide, and readable without scripts: every number stands in a
/// table. All texts of the report are escaped. Throws as headline() does.
[[nodiscard]] std::string render_report_html(const EvaluationReport& report);

}  // namespace contrans
