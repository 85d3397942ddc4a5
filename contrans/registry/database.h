#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "contrans/core/error.h"

namespace soci {
class session;
}

namespace contrans {

/// Whether a registry that is not there is made.
enum class OpenMode { existing, create };

/// How long a writer waits for other processes before it gives up.
inline constexpr int kBusyMilliseconds = 10'000;

/// What differs between the databases that the statements run on: opening, locking, messages, copies.
class DatabaseBackend {
public:
    virtual ~DatabaseBackend() = default;
    /// For messages: the file, or the server and database.
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::unique_ptr<soci::session> open() const = 0;
    /// Begins a transaction that sees one moment.
    virtual void begin_reading(soci::session& session) const = 0;
    /// Begins a transaction that holds the one writer's lock from here on.
    virtual void begin_writing(soci::session& session) const = 0;
    /// Ends a transaction that failed, be it not begun; makes the connection anew where it was lost. Throws nothing.
    virtual void roll_back(soci::session& session) const = 0;
    /// The exception in flight, which came out of the session, as ours.
    [[nodiscard]] virtual Error current_error() const = 0;
    /// What the database's own check finds wrong; empty: nothing.
    [[nodiscard]] virtual std::vector<std::string> damage(soci::session& session) const = 0;
    /// Writes a copy of one moment to a new file.
    virtual void copy_to(soci::session& session, const std::filesystem::path& file) const = 0;
};

/// SQLite in WAL mode with foreign keys. Throws Error{io} where the file may not be opened.
[[nodiscard]] std::unique_ptr<DatabaseBackend> sqlite_backend(const std::filesystem::path& file, OpenMode mode);

/// A PostgreSQL database. @param uri  as libpq reads it
[[nodiscard]] std::unique_ptr<DatabaseBackend> postgres_backend(const std::string& uri);

/// A connection whose schema is this program's: construction brings an older one up to date (schema.h).
///
/// All that is done happens in a transaction: read() sees one moment, write() is alone and either all of it is kept,
/// on the disk, or none. One thread at a time; several processes may each have their own. Throws Error{io}: locked
/// longer than kBusyMilliseconds, full, not readable; Error{format}: damaged, none of ours, of a newer program.
class Database {
public:
    explicit Database(std::unique_ptr<DatabaseBackend> backend);
    ~Database();
    Database(Database&&) noexcept;

    using Work = std::function<void(soci::session&)>;
    void read(const Work& work);
    /// What `work` throws passes through after nothing was kept; the database's own exceptions become Error.
    void write(const Work& work);

    [[nodiscard]] std::vector<std::string> damage();
    void copy_to(const std::filesystem::path& file);

private:
    using Begin = void (DatabaseBackend::*)(soci::session&) const;
    void in_transaction(Begin begin, const Work& work);

    std::unique_ptr<DatabaseBackend> backend_;
    std::unique_ptr<soci::session> session_;
};

}  // namespace contrans
