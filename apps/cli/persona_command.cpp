#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_action.h"
#include "apps/cli/command_line.h"
#include "apps/cli/persona_text.h"
#include "apps/cli/registry_folder.h"
#include "apps/cli/session.h"
#include "apps/server/persona_json.h"
#include "contrans/core/error.h"
#include "contrans/core/text_file.h"
#include "contrans/registry/persona_store.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PersonaArguments {
    RegistryChoice registry;
    std::string file;
    std::string name;  ///< NAME or NAME@VERSION
    std::string owner;
    bool check_only = false;
};

PersonaStore open_store(const PersonaArguments& arguments, OpenMode mode = OpenMode::existing) {
    return PersonaStore(open_database(arguments.registry, mode));
}

ExitCode run_save(const PersonaArguments& arguments, const Session& session) {
    const Persona persona = parse_persona(read_text_file(arguments.file), arguments.file);
    if (arguments.check_only) {
        session.show(Json::parse(persona_text(persona)), persona_review(persona));
        return ExitCode::done;
    }
    const PersonaVersion saved =
        open_store(arguments, OpenMode::create).save(persona, actor_of(arguments.registry), arguments.owner);
    session.show(server::persona_json(saved), persona_summary(saved) + persona_name(saved) + " saved\n");
    return ExitCode::done;
}

ExitCode run_list(const PersonaArguments& arguments, const Session& session) {
    const std::vector<PersonaVersion> all = open_store(arguments).list();
    session.show({{"personas", server::personas_json(all)}}, personas_table(all));
    return ExitCode::done;
}

ExitCode run_show(const PersonaArguments& arguments, const Session& session) {
    const PersonaVersion shown = open_store(arguments).show(parse_persona_reference(arguments.name));
    session.show(server::persona_json(shown), persona_summary(shown));
    return ExitCode::done;
}

ExitCode run_remove(const PersonaArguments& arguments, const Session& session) {
    const auto gone =
        open_store(arguments).remove(parse_persona_reference(arguments.name), actor_of(arguments.registry));
    session.show({{"name", arguments.name}, {"removed", gone.size()}},
                 arguments.name + ": " + std::to_string(gone.size()) + (gone.size() == 1 ? " version" : " versions") +
                     " removed\n");
    return ExitCode::done;
}

}  // namespace

void add_persona_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<PersonaArguments>();
    PersonaArguments& all = *arguments;
    CLI::App& command = add_command(app, "persona", "Keeps a team's personas: named mixes of concepts, in versions",
                                    "contrans persona save warm-support.json\n  contrans persona show warm-support@1");
    command.require_subcommand(1);
    add_registry_options(command, all.registry);
    const auto add = [&](const char* name, const char* description,
                         ExitCode (*run)(const PersonaArguments&, const Session&)) -> CLI::App& {
        return add_action(command, line, arguments, name, description, run);
    };
    const auto add_name = [&](CLI::App& action) {
        action.add_option("name", all.name, "NAME, or NAME@VERSION")->required();
    };
    CLI::App& save = add("save", "Checks a persona (JSON) and keeps it as the next version of its name", &run_save);
    save.add_option("file", all.file, "The persona; docs/personas.md has every key")->required();
    save.add_flag("--check", all.check_only, "Check and show it alone");
    save.add_option("--owner", all.owner, "Of a new persona; default: the actor");
    add("list", "All personas and versions", &run_list);
    add_name(add("show", "The newest version, or NAME@VERSION", &run_show));
    add_name(add("remove", "Removes NAME@VERSION, or all versions of NAME", &run_remove));
}

}  // namespace contrans::cli
