#pragma once

#include <chrono>
#include <filesystem>

#include "contrans/registry/database.h"

namespace contrans::testing {

/// Whether the tests run on PostgreSQL, as with_postgres has them do.
[[nodiscard]] bool on_postgres();

/// Where the tests run on PostgreSQL: points a registry's folder to a new, empty database of theirs. Else nothing.
void give_database(const std::filesystem::path& registry);

/// How long a database's writer waits for others, where that is not kBusyMilliseconds.
void set_patience(Database& database, std::chrono::milliseconds patience);

}  // namespace contrans::testing
