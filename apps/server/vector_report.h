#pragma once

#include "apps/server/json_body.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {

/// What `contrans evaluate` found out about a vector, from V.report.json beside V.gguf:
///
///   {"reports": [{"task", "metric", "budget_nats", "verdict": {"outcome", "passed", "text"},
///                 "results": [{"vector", "role", "n", "value", "low", "high", "recovery", …, "kl_nats", "dose"}],
///                 "dose_curve": [{"dose", "value", "kl_nats"}]}],
///    "report_problem": null}
///
/// a task an element, the vector's own result and its references' and controls', by the primary metric. A report counts
/// only where it says that it is of this target, at the vector's own layers and dose. No file: no reports. A file that
/// is none, or of another vector: no reports, and the problem in a sentence.
[[nodiscard]] Json vector_report(const ServedConcept& served);

}  // namespace contrans::server
