#pragma once

#include <string>

namespace soci {
class session;
}

namespace contrans {

/// Of the tables that this program reads and writes.
inline constexpr int kSchemaVersion = 4;

/// The version of an open database's tables; 0: it has none at all. Throws Error{format} for one with tables of
/// something else. @param where  the database, for messages
[[nodiscard]] int schema_version(soci::session& session, const std::string& where);

/// Runs the migrations that are missing, inside of the caller's transaction. Throws Error{format} for tables of a newer
/// program.
void bring_up_to_date(soci::session& session, const std::string& where);

}  // namespace contrans
