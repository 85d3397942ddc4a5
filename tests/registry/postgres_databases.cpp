#include "tests/registry/postgres_databases.h"

#include <soci/soci.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "contrans/registry/registry_location.h"
#include "tests/core/temporary_folder.h"

namespace contrans::testing {
namespace {

std::atomic<int> databases = 0;

/// The server's URI with a database in it.
std::string uri_of(const std::string& database) {
    std::string uri = std::getenv("CONTRANS_TEST_POSTGRES");
    return uri.replace(uri.find('%'), 1, database);
}

}  // namespace

bool on_postgres() { return std::getenv("CONTRANS_TEST_POSTGRES") != nullptr; }

void give_database(const std::filesystem::path& registry) {
    if (!on_postgres() || std::filesystem::exists(registry / kDatabaseUriFile)) return;
    const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases);
    *postgres_backend(uri_of("postgres"))->open() << "CREATE DATABASE " + name;
    std::filesystem::create_directories(registry);
    write_bytes(registry / kDatabaseUriFile, uri_of(name) + "\n");
}

void set_patience(Database& database, std::chrono::milliseconds patience) {
    const char* setting = on_postgres() ? "SET lock_timeout = " : "PRAGMA busy_timeout = ";
    database.read([&](soci::session& session) { session << setting + std::to_string(patience.count()); });
}

}  // namespace contrans::testing
