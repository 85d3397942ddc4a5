#pragma once

#include <exception>
#include <stop_token>
#include <string>
#include <thread>

#include "apps/cli/exit_code.h"

namespace CLI {
class App;
}

namespace contrans {
class Job;
}

namespace contrans::cli {

/// "contrans harvest", or "contrans" while none is chosen.
[[nodiscard]] std::string chosen_command(const CLI::App& app);

/// Speaks for the first rank of a job that is ended while it is busy: a launcher leaves a second (cluster/launch.h),
/// and a batch or a slow disk may take longer. Says nothing where report_failure does. Lives as long as the work.
class LateWord {
public:
    /// @param stop  requested when the job is ended
    LateWord(const std::stop_token& stop, Job& job);

private:
    std::jthread waiter_;
};

/// Says what went wrong, or shows the help that was asked for. In a job of several ranks one of them says it, with its
/// rank and host, and all are ended; then this does not return.
/// @param job  null where it could not be joined
[[nodiscard]] ExitCode report_failure(const CLI::App& app, const std::exception& error, Job* job);

}  // namespace contrans::cli
