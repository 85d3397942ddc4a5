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

void Database::in_transaction(Begin begin, const Work& work) {
    translated(*backend_, [&] {
        try {
            (backend_.get()->*begin)(*session_);
            work(*session_);
            *session_ << "COMMIT";
        } catch (...) {
            backend_->roll_back(*session_);
            throw;
        }
    });
}

void Database::read(const Work& work) { in_transaction(&DatabaseBackend::begin_reading, work); }

void Database::write(const Work& work) { in_transaction(&DatabaseBackend::begin_writing, work); }

std::vector<std::string> Database::damage() {
    return translated(*backend_, [&] { return backend_->damage(*session_); });
}

void Database::copy_to(const std::filesystem::path& file) {
    translated(*backend_, [&] { backend_->copy_to(*session_, file); });
}

}  // namespace contrans
