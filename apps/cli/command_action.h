#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/session.h"

namespace contrans::cli {

/// One action of a command that has several, `contrans registry add`: `line` runs it once it was chosen.
template <class Arguments>
CLI::App& add_action(CLI::App& parent, CommandLine& line, const std::shared_ptr<Arguments>& arguments,
                     const std::string& name, const std::string& description,
                     ExitCode (*run)(const Arguments&, const Session&)) {
    CLI::App& action = *parent.add_subcommand(name, description);
    action.fallthrough();
    action.callback([&line, arguments, run] {
        line.run = [arguments, run](Session& session) { return run(*arguments, session); };
    });
    return action;
}

}  // namespace contrans::cli
