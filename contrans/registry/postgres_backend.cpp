#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <utility>

#include "contrans/registry/database.h"

namespace contrans {
namespace {

/// Any number: registries of one PostgreSQL server lie in databases of their own, and locks are a database's.
constexpr const char* kWritersLock = "SELECT pg_advisory_xact_lock(7017)";

/// PostgreSQL's SQLSTATE codes (its manual, appendix A), by what the user can do about them.
struct Trouble {
    ErrorKind kind;
    const char* text;
};

Trouble trouble_of(const std::string& state) {
    if (state == "55P03") return {ErrorKind::io, "locked: another process has been writing for over 10 s; try again"};
    if (state == "42501" || state == "25006") return {ErrorKind::io, "cannot be written: the role may not"};
    if (state == "53100") return {ErrorKind::io, "the disk is full; nothing was changed"};
    if (state.starts_with("XX") || state == "58P01") {
        return {ErrorKind::format, "is damaged; restore a backup (docs/registry.md)"};
    }
    return {ErrorKind::io, "the database refused"};
}

std::string first_line(const std::string& what) { return what.substr(0, what.find('\n')); }

/// The URI without its password, for messages.
std::string shown(const std::string& uri) {
    const std::size_t authority = uri.find("://") + 3;
    const std::size_t at = uri.find('@', authority);
    const std::size_t colon = uri.find(':', authority);
    if (at == std::string::npos || colon == std::string::npos || colon > at) return uri;
    return uri.substr(0, colon) + uri.substr(at);
}

class PostgresBackend final : public DatabaseBackend {
public:
    explicit PostgresBackend(std::string uri) : uri_(std::move(uri)) {}

    std::string name() const override { return shown(uri_); }

    std::unique_ptr<soci::session> open() const override {
        auto session = std::make_unique<soci::session>(soci::postgresql, uri_);
        set_up(*session);
        return session;
    }

    void begin_reading(soci::session& session) const override {
        session << "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    }

    /// Statements after the lock see all that was written before it.
    void begin_writing(soci::session& session) const override {
        session << "BEGIN ISOLATION LEVEL READ COMMITTED";
        session << kWritersLock;
    }

    void roll_back(soci::session& session) const override {
        try {
            session << "ROLLBACK";
            return;
        } catch (const soci::soci_error&) {  // the connection is lost
        }
        try {
            session.reconnect();
            set_up(session);
        } catch (const soci::soci_error&) {  // next time
        }
    }

    Error current_error() const override {
        try {
            throw;
        } catch (const soci::postgresql_soci_error& error) {
            const Trouble trouble = trouble_of(error.sqlstate());
            return Error(trouble.kind,
                         name() + ": " + trouble.text + " (" + first_line(error.get_error_message()) + ")");
        } catch (const soci::soci_error& error) {
            return Error(ErrorKind::io, name() + ": " + first_line(error.get_error_message()));
        }
    }

    /// The server checks its pages as it reads them; a deeper check is its administrator's pg_amcheck.
    std::vector<std::string> damage(soci::session&) const override { return {}; }

    void copy_to(soci::session&, const std::filesystem::path&) const override {
        throw Error(
            ErrorKind::argument,
            "registry: " + name() + " is backed up by pg_dump, and the folder of files by a copy made after it");
    }

private:
    static void set_up(soci::session& session) {
        session << "SET client_min_messages = warning";
        session << "SET lock_timeout = " + std::to_string(kBusyMilliseconds);
    }

    std::string uri_;
};

}  // namespace

std::unique_ptr<DatabaseBackend> postgres_backend(const std::string& uri) {
    return std::make_unique<PostgresBackend>(uri);
}

}  // namespace contrans
