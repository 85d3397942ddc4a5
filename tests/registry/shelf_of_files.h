#pragma once

#include <soci/soci.h>

#include <filesystem>
#include <string>

#include "contrans/registry/registry.h"
#include "contrans/transplant/control_vector_file.h"
#include "tests/core/temporary_folder.h"
#include "tests/registry/postgres_databases.h"
#include "tests/transplant/planted_vectors.h"

namespace contrans::testing {

/// A folder with vector files to add and a registry, whose clock goes on by a second a look.
class ShelfOfFiles {
public:
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::filesystem::path registry_folder() const { return folder_ / "registry"; }

    /// A control vector whose content depends on `value`.
    [[nodiscard]] std::filesystem::path vector(const std::string& name, float value) const {
        const std::filesystem::path file = folder_ / (name + ".gguf");
        write_control_vector(planted(name, {{14, {value, 1}}}), file);
        return file;
    }

    [[nodiscard]] Registry open(OpenMode mode = OpenMode::create, const std::string& actor = "anna") {
        if (mode == OpenMode::create) give_database(registry_folder());
        return Registry(registry_folder(), {mode, actor, [this] { return clock += 1'000'000; }});
    }

    Microseconds clock = 1'700'000'000'000'000;

private:
    TemporaryFolder folder_;
};

/// Runs one statement in a writing transaction, as somebody would who knows no rules.
inline void tamper(Registry& registry, const std::string& statement) {
    registry.database().write([&](soci::session& session) { session << statement; });
}

}  // namespace contrans::testing
