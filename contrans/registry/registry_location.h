#pragma once

#include <filesystem>
#include <memory>

#include "contrans/registry/database.h"

namespace contrans {

/// The file in a registry's folder that says which PostgreSQL database holds the rows: a line with its URI, as libpq
/// reads it (postgresql://USER@HOST/DATABASE; the password belongs into ~/.pgpass). Without it they are in SQLite's
/// registry.db beside.
inline constexpr const char* kDatabaseUriFile = "database.uri";

/// The database of a registry's folder. Throws Error{io} where there is no registry and none is to be made, or the file
/// cannot be read; Error{format} where it holds no such URI.
[[nodiscard]] std::unique_ptr<DatabaseBackend> registry_backend(const std::filesystem::path& folder, OpenMode mode);

}  // namespace contrans
