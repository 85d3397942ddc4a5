#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contrans/registry/registry.h"

namespace contrans {

// The registry's statements: each runs inside of the caller's transaction and checks nothing.

/// All versions, or one concept's, by name and number.
[[nodiscard]] std::vector<ConceptVersion> read_versions(soci::session& session, const std::string& name = "");
void insert_version(soci::session& session, const ConceptVersion& version);
/// With what of its artefacts no other version has.
void delete_version(soci::session& session, const std::string& name, std::int64_t version);

[[nodiscard]] std::optional<std::int64_t> find_tag(soci::session& session, const std::string& name,
                                                   const std::string& tag);
void put_tag(soci::session& session, const std::string& name, const std::string& tag, std::int64_t version);
void delete_tag(soci::session& session, const std::string& name, const std::string& tag);

/// "happy@2", of those added last; empty: none.
[[nodiscard]] std::string find_version_with(soci::session& session, const std::string& sha256);
[[nodiscard]] bool has_artefact(soci::session& session, const std::string& sha256);

}  // namespace contrans
