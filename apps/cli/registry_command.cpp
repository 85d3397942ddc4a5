#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/command_action.h"
#include "apps/cli/command_line.h"
#include "apps/cli/output_file.h"
#include "apps/cli/persona_text.h"
#include "apps/cli/registry_folder.h"
#include "apps/cli/registry_text.h"
#include "apps/cli/session.h"
#include "apps/server/persona_json.h"
#include "contrans/core/error.h"
#include "contrans/registry/registry_archive.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What the actions take between them.
struct RegistryArguments {
    RegistryChoice registry;
    std::string name;                     ///< a concept's name, or NAME@VERSION
    std::vector<std::string> references;  ///< several of these
    std::vector<std::string> personas;    ///< likewise
    std::vector<std::string> files;
    std::string owner;
    std::string note;
    std::string tag;
    bool remove_tag = false;
    std::string path;  ///< a file or folder to write or read
};

Json versions_json(const std::vector<ConceptVersion>& versions) {
    Json list = Json::array();
    for (const ConceptVersion& version : versions) list.push_back(version_json(version));
    return {{"versions", std::move(list)}};
}

Json contents_json(const RegistryContents& contents) {
    Json json = versions_json(contents.versions);
    json["personas"] = server::personas_json(contents.personas);
    return json;
}

std::string contents_text(const RegistryContents& contents) {
    return (contents.versions.empty() ? "" : versions_table(contents.versions)) +
           (contents.personas.empty() ? "" : personas_table(contents.personas));
}

ExportChoice export_choice(const RegistryArguments& arguments) {
    ExportChoice choice;
    for (const std::string& text : arguments.references) choice.versions.push_back(parse_version_reference(text));
    for (const std::string& text : arguments.personas) choice.personas.push_back(parse_persona_reference(text));
    return choice;
}

ExitCode run_add(const RegistryArguments& arguments, const Session& session) {
    NewVersion added{arguments.name, {}, arguments.owner, arguments.note};
    for (const std::string& file : arguments.files) added.files.emplace_back(file);
    const ConceptVersion version = open_registry(arguments.registry, OpenMode::create).add(added);
    session.show(version_json(version), version_name(version.name, version.version) + " added\n");
    return ExitCode::done;
}

ExitCode run_list(const RegistryArguments& arguments, const Session& session) {
    const std::vector<ConceptVersion> versions = open_registry(arguments.registry).list();
    session.show(versions_json(versions), versions_table(versions));
    return ExitCode::done;
}

ExitCode run_show(const RegistryArguments& arguments, const Session& session) {
    Registry registry = open_registry(arguments.registry);
    const ConceptVersion version = registry.show(parse_version_reference(arguments.name));
    Json json = version_json(version);
    for (Json& file : json["files"]) file["path"] = registry.files().path_of(file["sha256"]).string();
    session.show(json, version_text(version));
    return ExitCode::done;
}

ExitCode run_tag(const RegistryArguments& arguments, const Session& session) {
    Registry registry = open_registry(arguments.registry);
    const VersionReference reference = parse_version_reference(arguments.name);
    if (arguments.remove_tag) {
        registry.remove_tag(reference.name, arguments.tag);
        session.show({{"name", reference.name}, {"removed_tag", arguments.tag}},
                     reference.name + " has no tag " + arguments.tag + " any more\n");
        return ExitCode::done;
    }
    registry.tag(reference, arguments.tag);
    const ConceptVersion version = registry.show({reference.name, 0, arguments.tag});
    session.show(version_json(version),
                 version_name(version.name, version.version) + " has the tag " + arguments.tag + "\n");
    return ExitCode::done;
}

ExitCode run_remove(const RegistryArguments& arguments, const Session& session) {
    const std::size_t removed = open_registry(arguments.registry).remove(parse_version_reference(arguments.name));
    session.show(
        {{"name", arguments.name}, {"removed", removed}},
        arguments.name + ": " + std::to_string(removed) + (removed == 1 ? " version" : " versions") + " removed\n");
    return ExitCode::done;
}

ExitCode run_export(const RegistryArguments& arguments, const Session& session) {
    Registry registry = open_registry(arguments.registry);
    const RegistryContents contents = export_registry(registry, export_choice(arguments), arguments.path);
    Json json = contents_json(contents);
    json["out"] = arguments.path;
    session.show(json, contents_text(contents) + arguments.path + " written\n");
    return ExitCode::done;
}

ExitCode run_import(const RegistryArguments& arguments, const Session& session) {
    const UnpackedArchive archive(arguments.path);  // before a registry is made for what is bad
    Registry registry = open_registry(arguments.registry, OpenMode::create);
    const RegistryContents& all = archive.contents();
    const RegistryContents added = registry.take(all, archive.files());
    std::string text = contents_text(added) + std::to_string(added.versions.size()) + " of " +
                       std::to_string(all.versions.size()) + " versions are new here\n";
    if (!all.personas.empty()) {
        text += std::to_string(added.personas.size()) + " of " + std::to_string(all.personas.size()) +
                " personas' versions are new here\n";
    }
    session.show(contents_json(added), text);
    return ExitCode::done;
}

ExitCode run_backup(const RegistryArguments& arguments, const Session& session) {
    open_registry(arguments.registry).back_up(arguments.path);
    session.show({{"out", arguments.path}}, arguments.path + " written\n");
    return ExitCode::done;
}

ExitCode run_check(const RegistryArguments& arguments, const Session& session) {
    const std::vector<std::string> damage = open_registry(arguments.registry).damage();
    std::string text;
    for (const std::string& line : damage) text += line + "\n";
    session.show({{"damage", damage}}, damage.empty() ? "every row, file and persona is as it was added\n" : text);
    return damage.empty() ? ExitCode::done : ExitCode::verdict_no;
}

using Run = ExitCode (*)(const RegistryArguments&, const Session&);

void add_version_argument(CLI::App& action, RegistryArguments& arguments) {
    action.add_option("name", arguments.name, "NAME (the newest version), NAME@VERSION or NAME@TAG")->required();
}

}  // namespace

void add_registry_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<RegistryArguments>();
    RegistryArguments& all = *arguments;
    CLI::App& command =
        add_command(app, "registry", "Keeps a team's concepts in versions, with their files, owners and tags",
                    "contrans registry add happy happy.gguf report.json --note \"first\"\n  contrans registry tag "
                    "happy@1 production");
    command.require_subcommand(1);
    add_registry_options(command, all.registry);
    const auto add = [&](const char* name, const char* description, Run run) -> CLI::App& {
        return add_action(command, line, arguments, name, description, run);
    };
    CLI::App& adding = add("add", "Adds files as the next version of a concept; makes the registry", &run_add);
    adding.add_option("name", all.name, "The concept's name")->required();
    adding.add_option("files", all.files, "Concepts, maps, control vectors (GGUF) and reports (JSON)")->required();
    adding.add_option("--owner", all.owner, "Of a new concept; default: the actor");
    adding.add_option("--note", all.note, "A line about this version");
    add("list", "All concepts and versions", &run_list);
    add_version_argument(add("show", "A version, and what its files say of themselves", &run_show), all);
    CLI::App& tagging = add("tag", "Points a tag to a version, away from where it pointed", &run_tag);
    add_version_argument(tagging, all);
    tagging.add_option("tag", all.tag, "The tag, e.g. production")->required();
    tagging.add_flag("--remove", all.remove_tag, "Take the tag away");
    add_version_argument(add("remove", "Removes NAME@VERSION, or all versions of NAME", &run_remove), all);
    CLI::App& exporting = add("export", "Writes versions, their files and personas to one tar file", &run_export);
    exporting.add_option("versions", all.references, "NAME, NAME@VERSION or NAME@TAG; default: all, personas too");
    exporting.add_option("--persona", all.personas, "A persona, NAME or NAME@VERSION; may be given several times");
    exporting.add_option("--out", all.path, "The file")->required();
    add("import", "Takes what is new of an exported file; every hash is checked, a bad file changes nothing",
        &run_import)
        .add_option("file", all.path, "The file")
        ->required();
    add("backup", "Copies the registry as it is at one moment", &run_backup)
        .add_option("folder", all.path, "A folder that is not there yet")
        ->required();
    add("check", "Checks the database, every file and persona; exit code 6 where something is wrong", &run_check);
}

}  // namespace contrans::cli
