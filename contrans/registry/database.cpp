#include "contrans/registry/database.h"

#include <soci/soci.h>

#include <type_traits>
#include <utility>

#include "contrans/registry/schema.h"

namespace contrans {
namespace {

/// What `call` returns; the database's own exceptions as Error.
template <class Call>
std::invoke_result_t<Call> translated(const DatabaseBackend& backend, Call&& call) {
    try {
        return call();
    } catch (const soci::soci_error&) {
        throw backend.current_error();
    }
}

}  // namespace

Database::Database(std::unique_ptr<DatabaseBackend> backend) : backend_(std::move(backend)) {
    translated(*backend_, [&] { session_ = backend_->open(); });
    if (translated(*backend_, [&] { return schema_version(*session_, backend_->name()); }) == kSchemaVersion) return;
    write([this](soci::session& session) { bring_up_to_date(session, backend_->name()); });
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

void Database::in_transaction(const Work& work) {
    try {
        work(*session_);
        *session_ << "COMMIT";
    } catch (...) {
        try {
            *session_ << "ROLLBACK";
        } catch (const soci::soci_error&) {  // the database has rolled back by itself, as it does when it is full
        }
        throw;
    }
}

void Database::read(const Work& work) {
    translated(*backend_, [&] {
        *session_ << "BEGIN";
        in_transaction(work);
    });
}

void Database::write(const Work& work) {
    translated(*backend_, [&] {
        backend_->begin_writing(*session_);
        in_transaction(work);
    });
}

std::vector<std::string> Database::damage() {
    return translated(*backend_, [&] { return backend_->damage(*session_); });
}

void Database::copy_to(const std::filesystem::path& file) {
    translated(*backend_, [&] { backend_->copy_to(*session_, file); });
}

}  // namespace contrans
