#pragma once

#include <cstddef>
#include <string>

namespace contrans::cli {

/// "Linux x86_64, Intel(R) Xeon(R) …, 2 cores": where a report's numbers come from.
[[nodiscard]] std::string machine_text();

/// Threads for each of the ranks on this machine, so that together they do not pass its processors: those that this
/// process may use, or its even share where the launcher bound several ranks to the same.
[[nodiscard]] std::size_t threads_of_a_rank(std::size_t ranks_here);

/// Now, in UTC: "2026-01-31T12:00:00Z".
[[nodiscard]] std::string date_text();

}  // namespace contrans::cli
