#include "apps/cli/registry_folder.h"

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "contrans/core/error.h"
#include "contrans/registry/registry_location.h"

namespace contrans::cli {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

void add_registry_options(CLI::App& command, RegistryChoice& choice) {
    command.add_option("--registry", choice.folder,
                       "Folder of the registry; default: $CONTRANS_REGISTRY, else ~/.local/share/contrans");
    command.add_option("--actor", choice.actor, "Who is named in the audit log; default: the user who runs this");
}

std::filesystem::path default_registry_folder() {
    if (const std::string folder = variable("CONTRANS_REGISTRY"); !folder.empty()) return folder;
    if (const std::string home = variable("HOME"); !home.empty()) {
        return std::filesystem::path(home) / ".local/share/contrans";
    }
    throw Error(ErrorKind::argument, "registry: no folder is known; give --registry, or set CONTRANS_REGISTRY or HOME");
}

std::filesystem::path registry_folder(const RegistryChoice& choice) {
    return choice.folder.empty() ? default_registry_folder() : std::filesystem::path(choice.folder);
}

std::string actor_of(const RegistryChoice& choice) {
    if (!choice.actor.empty()) {
        require_line(choice.actor, "--actor", 128);
        return choice.actor;
    }
    const passwd* user = ::getpwuid(::geteuid());
    return user != nullptr ? user->pw_name : "uid " + std::to_string(::geteuid());
}

Database open_database(const RegistryChoice& choice, OpenMode mode) {
    const Registry registry = open_registry(choice, mode);  // makes it, or says that there is none
    return Database(registry_backend(registry_folder(choice), mode));
}

Registry open_registry(const RegistryChoice& choice, OpenMode mode) {
    return Registry(registry_folder(choice), {mode, actor_of(choice)});
}

}  // namespace contrans::cli
