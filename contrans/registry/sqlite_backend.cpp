#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "contrans/registry/database.h"

namespace contrans {
namespace {

/// SQLite's result codes (sqlite.org/rescode.html), by what the user can do about them.
struct Trouble {
    ErrorKind kind;
    const char* text;
};

Trouble trouble_of(int code) {
    switch (code) {
        case 5:  // SQLITE_BUSY
        case 6:  // SQLITE_LOCKED
            return {ErrorKind::io, "locked: another process has been writing for over 10 s; try again"};
        case 8:  // SQLITE_READONLY
            return {ErrorKind::io, "cannot be written: the file or its folder is read-only"};
        case 10:  // SQLITE_IOERR
            return {ErrorKind::io, "cannot be read or written"};
        case 11:  // SQLITE_CORRUPT
            return {ErrorKind::format, "is damaged; restore a backup (docs/registry.md)"};
        case 13:  // SQLITE_FULL
            return {ErrorKind::io, "the disk or the database is full; nothing was changed"};
        case 14:  // SQLITE_CANTOPEN
            return {ErrorKind::io, "cannot be opened"};
        case 26:  // SQLITE_NOTADB
            return {ErrorKind::format, "is no SQLite database"};
        default:
            return {ErrorKind::io, "the database refused"};
    }
}

/// `what` of the database's own message: it may span lines.
std::string first_line(const std::string& what) { return what.substr(0, what.find('\n')); }

class SqliteBackend final : public DatabaseBackend {
public:
    explicit SqliteBackend(std::filesystem::path file) : file_(std::move(file)) {}

    std::string name() const override { return file_.string(); }

    std::unique_ptr<soci::session> open() const override {
        auto session = std::make_unique<soci::session>(soci::sqlite3, "dbname=\"" + file_.string() + "\"");
        *session << "PRAGMA busy_timeout = " + std::to_string(kBusyMilliseconds);
        enter_wal(*session);
        *session << "PRAGMA synchronous = FULL";
        *session << "PRAGMA foreign_keys = ON";
        return session;
    }

    void begin_reading(soci::session& session) const override { session << "BEGIN"; }
    void begin_writing(soci::session& session) const override { session << "BEGIN IMMEDIATE"; }

    void roll_back(soci::session& session) const override {
        try {
            session << "ROLLBACK";
        } catch (const soci::soci_error&) {  // it has rolled back by itself, as it does when it is full
        }
    }

    Error current_error() const override {
        try {
            throw;
        } catch (const soci::sqlite3_soci_error& error) {
            const Trouble trouble = trouble_of(error.result() & 0xff);
            return Error(trouble.kind,
                         file_.string() + ": " + trouble.text + " (" + first_line(error.get_error_message()) + ")");
        } catch (const soci::soci_error& error) {
            return Error(ErrorKind::io, file_.string() + ": " + first_line(error.get_error_message()));
        }
    }

    std::vector<std::string> damage(soci::session& session) const override {
        std::vector<std::string> found(100);
        session << "PRAGMA integrity_check(100)", soci::into(found);
        if (found.size() == 1 && found.front() == "ok") found.clear();
        return found;
    }

    void copy_to(soci::session& session, const std::filesystem::path& file) const override {
        const std::string name = file.string();
        session << "VACUUM INTO :file", soci::use(name, "file");
    }

private:
    // Only the first one changes the mode. Others that come meanwhile are told "busy" at once, whatever the timeout.
    void enter_wal(soci::session& session) const {
        for (int left = 200;; --left) {
            try {
                std::string mode;
                session << "PRAGMA journal_mode = WAL", soci::into(mode);
                return;
            } catch (const soci::sqlite3_soci_error& error) {
                if (error.result() != 5 || left == 0) throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }

    std::filesystem::path file_;
};

}  // namespace

std::unique_ptr<DatabaseBackend> sqlite_backend(const std::filesystem::path& file, OpenMode mode) {
    if (file.string().find('"') != std::string::npos) {
        throw Error(ErrorKind::argument,
                    "registry: a folder's name must not hold a double quote, got " + file.string());
    }
    std::error_code none;
    if (mode == OpenMode::existing && !std::filesystem::exists(file, none)) {
        throw Error(ErrorKind::io, file.parent_path().string() +
                                       ": there is no registry; `contrans registry add` makes one, or give another "
                                       "--registry");
    }
    return std::make_unique<SqliteBackend>(file);
}

}  // namespace contrans
