#include <csignal>
#include <cstddef>
#include <exception>
#include <new>
#include <span>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_code.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/session.h"

namespace contrans::cli {
namespace {

std::string as_typed(std::span<char*> arguments) {
    std::string text;
    for (const char* argument : arguments) text += (text.empty() ? "" : " ") + std::string(argument);
    return text;
}

ExitCode run(CLI::App& app, CommandLine& line, std::span<char*> arguments, const InterruptWatch& interrupts) {
    line.as_typed = as_typed(arguments);
    app.parse(static_cast<int>(arguments.size()), arguments.data());
    if (!line.run) throw Error(ErrorKind::argument, "a command is missing; see contrans --help");
    Session session(line.global, line.as_typed, interrupts.token());
    return line.run(session);
}

std::string chosen_command(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? "contrans" : "contrans " + chosen.front()->get_name();
}

/// Says what went wrong, or the help that was asked for.
ExitCode report(const CLI::App& app, const std::exception& error) {
    if (const auto* parse = dynamic_cast<const CLI::ParseError*>(&error)) {
        if (parse->get_exit_code() == 0) return static_cast<ExitCode>(app.exit(*parse));
        print_error(std::string(parse->what()) + " (see " + chosen_command(app) + " --help)");
        return ExitCode::usage;
    }
    print_error(error.what());
    const auto* ours = dynamic_cast<const Error*>(&error);
    return ours != nullptr ? exit_code_of(ours->kind()) : ExitCode::unexpected;
}

}  // namespace
}  // namespace contrans::cli

int main(int argc, char** argv) {
    using namespace contrans::cli;
    std::signal(SIGXFSZ, SIG_IGN);  // a write past the limit then fails like one on a full disk
    const InterruptWatch interrupts;
    CLI::App app;
    CommandLine line;
    try {
        describe_command_line(app, line);
        return static_cast<int>(run(app, line, {argv, static_cast<std::size_t>(argc)}, interrupts));
    } catch (const std::exception& error) {
        return static_cast<int>(report(app, error));
    }
}
