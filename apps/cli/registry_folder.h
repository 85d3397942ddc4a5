#pragma once

#include <filesystem>
#include <string>

#include "contrans/registry/registry.h"

namespace CLI {
class App;
}

namespace contrans::cli {

/// --registry and --actor, as `registry`, `audit` and `serve` take them.
struct RegistryChoice {
    std::string folder;  ///< empty: default_registry_folder()
    std::string actor;   ///< who is named in the audit log; empty: the user who runs the program
};

void add_registry_options(CLI::App& command, RegistryChoice& choice);

/// $CONTRANS_REGISTRY, else ~/.local/share/contrans. Throws Error{argument} where neither that nor a home is known.
[[nodiscard]] std::filesystem::path default_registry_folder();
/// The folder of a choice.
[[nodiscard]] std::filesystem::path registry_folder(const RegistryChoice& choice);
/// The actor of a choice.
[[nodiscard]] std::string actor_of(const RegistryChoice& choice);

/// Its database, for what lies beside the concepts there.
[[nodiscard]] Database open_database(const RegistryChoice& choice, OpenMode mode);

[[nodiscard]] Registry open_registry(const RegistryChoice& choice, OpenMode mode = OpenMode::existing);

}  // namespace contrans::cli
