#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "apps/cli/exit_code.h"
#include "apps/cli/global_options.h"

namespace contrans::cli {

class Session;

/// What the command line asked for: filled by CLI11 while it parses.
struct CommandLine {
    GlobalOptions global;
    std::function<ExitCode(Session&)> run;  ///< the chosen subcommand
    bool shares_work = false;               ///< whether it splits its work over the ranks of a job
    std::string as_typed;
};

/// Names, help, global options and every subcommand. `line` must outlive the app.
void describe_command_line(CLI::App& app, CommandLine& line);

// One source file each; what they add writes into `line` when it was chosen.
void add_refine_command(CLI::App& app, CommandLine& line);
void add_harvest_command(CLI::App& app, CommandLine& line);
void add_map_command(CLI::App& app, CommandLine& line);
void add_transplant_command(CLI::App& app, CommandLine& line);
void add_compose_command(CLI::App& app, CommandLine& line);
void add_average_command(CLI::App& app, CommandLine& line);
void add_explain_command(CLI::App& app, CommandLine& line);
void add_conflicts_command(CLI::App& app, CommandLine& line);
void add_twin_command(CLI::App& app, CommandLine& line);
void add_evaluate_command(CLI::App& app, CommandLine& line);
void add_verify_command(CLI::App& app, CommandLine& line);
void add_report_command(CLI::App& app, CommandLine& line);
void add_study_command(CLI::App& app, CommandLine& line);
void add_generate_command(CLI::App& app, CommandLine& line);
void add_inspect_command(CLI::App& app, CommandLine& line);
void add_serve_command(CLI::App& app, CommandLine& line);
void add_gateway_command(CLI::App& app, CommandLine& line);
void add_registry_command(CLI::App& app, CommandLine& line);
void add_audit_command(CLI::App& app, CommandLine& line);
void add_persona_command(CLI::App& app, CommandLine& line);
void add_rollout_command(CLI::App& app, CommandLine& line);

/// A subcommand with `example` below its options, and the reminder that global options go with it.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& example);

}  // namespace contrans::cli
