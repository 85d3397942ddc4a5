#pragma once

#include <string>

#include "apps/cli/exit_code.h"
#include "apps/cli/session.h"
#include "contrans/evaluation/results.h"

namespace contrans::cli {

/// Where a report goes beside stdout; empty: nowhere.
struct ReportFiles {
    std::string html;
    std::string json;
};

/// Throws as require_writable().
void require_writable(const ReportFiles& files);

/// Writes the files, shows table and verdicts (or the JSON), and says what the verdicts mean for the exit code.
[[nodiscard]] ExitCode put_report(const EvaluationReport& report, const ReportFiles& files, const Session& session);

}  // namespace contrans::cli
