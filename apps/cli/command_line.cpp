#include "apps/cli/command_line.h"

#include "contrans/core/version.h"

namespace contrans::cli {

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& example) {
    CLI::App& command = *app.add_subcommand(name, description);
    command.footer("Example:\n  " + example +
                   "\n\nGlobal options (contrans --help) go before or after: --json --threads --gpu-layers --rpc "
                   "--seed --quiet --force --cost --keep-quants");
    return command;
}

void describe_command_line(CLI::App& app, CommandLine& line) {
    app.name("contrans");
    app.description("Carries a behaviour from one language model into another without training it.");
    app.set_version_flag("--version", std::string("contrans ") + kVersion + "\nllama.cpp " + CONTRANS_LLAMA_VERSION);
    app.footer(
        "The flow: refine -> map -> transplant -> evaluate -> report -> serve. contrans COMMAND --help shows an "
        "example.\n"
        "Exit codes: 0 done, 1 unexpected, 2 wrong usage, 3 bad file, 4 model cannot do it, 5 numeric trouble,\n"
        "6 ran and the verdict says no, 130 interrupted.");
    app.require_subcommand(0, 1);  // none is said by main, after what is wrong with the arguments
    app.fallthrough();             // global options after the subcommand
    add_global_options(app, line.global);
    add_refine_command(app, line);
    add_harvest_command(app, line);
    add_map_command(app, line);
    add_transplant_command(app, line);
    add_twin_command(app, line);
    add_evaluate_command(app, line);
    add_explain_command(app, line);
    add_verify_command(app, line);
    add_conflicts_command(app, line);
    add_average_command(app, line);
    add_compose_command(app, line);
    add_report_command(app, line);
    add_study_command(app, line);
    add_generate_command(app, line);
    add_inspect_command(app, line);
    add_serve_command(app, line);
    add_gateway_command(app, line);
    add_registry_command(app, line);
    add_audit_command(app, line);
    add_persona_command(app, line);
    add_rollout_command(app, line);
}

}  // namespace contrans::cli
