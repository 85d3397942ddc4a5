#pragma once

#include <string>

namespace contrans::cli {

/// "Linux x86_64, Intel(R) Xeon(R) …, 2 cores": where a report's numbers come from.
[[nodiscard]] std::string machine_text();

/// Now, in UTC: "2026-01-31T12:00:00Z".
[[nodiscard]] std::string date_text();

}  // namespace contrans::cli
