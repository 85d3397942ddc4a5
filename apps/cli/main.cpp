#include <csignal>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/cost.h"
#include "apps/cli/exit_code.h"
#include "apps/cli/failure.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/machine.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "contrans/cluster/job.h"

namespace contrans::cli {
namespace {

std::string as_typed(std::span<char*> arguments) {
    std::string text;
    for (const char* argument : arguments) text += (text.empty() ? "" : " ") + std::string(argument);
    return text;
}

/// Fits the command to the job's ranks, or refuses.
void share_work(const CLI::App& app, CommandLine& line, Job& job) {
    const std::size_t ranks = job.ranks().size();
    if (ranks == 1) return;
    if (!line.shares_work) {
        throw Error(ErrorKind::argument, chosen_command(app) + " runs in one process, and mpirun started " +
                                             std::to_string(ranks) + "; only harvest and map share their work");
    }
    if (line.global.threads == 0) line.global.threads = threads_of_a_rank(job.ranks_here());
}

ExitCode run(CLI::App& app, CommandLine& line, std::span<char*> arguments, const InterruptWatch& interrupts, Job& job) {
    line.as_typed = as_typed(arguments);
    app.parse(static_cast<int>(arguments.size()), arguments.data());
    if (!line.run) throw Error(ErrorKind::argument, "a command is missing; see contrans --help");
    share_work(app, line, job);
    const LateWord late(interrupts.token(), job);
    Session session(line.global, line.as_typed, interrupts.token(), job.ranks());
    const std::string& cost_file = line.global.cost_file;
    if (!cost_file.empty()) require_writable(cost_file);
    const ExitCode code = line.run(session);
    if (!cost_file.empty() && job.ranks().is_first()) write_cost(session.seconds(), cost_file);
    return code;
}

}  // namespace
}  // namespace contrans::cli

int main(int argc, char** argv) {
    using namespace contrans::cli;
    std::signal(SIGXFSZ, SIG_IGN);  // a write past the limit then fails like one on a full disk
    const InterruptWatch interrupts;
    CLI::App app;
    CommandLine line;
    std::unique_ptr<contrans::Job> job;
    try {
        job = contrans::join_job(interrupts.token());
        describe_command_line(app, line);
        return static_cast<int>(run(app, line, {argv, static_cast<std::size_t>(argc)}, interrupts, *job));
    } catch (const std::exception& error) {
        return static_cast<int>(report_failure(app, error, job.get()));
    }
}
