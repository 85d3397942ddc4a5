#pragma once

#include <string_view>

#include "contrans/registry/audit_log.h"

namespace contrans::server {

/// How many records are shown where nothing is said, and at most.
inline constexpr long long kUsualRecords = 100;
inline constexpr long long kMostRecords = 1000;

/// What "actor=anna&action=registry.&concept=happy&from=2026-01-31&before=2026-02-01T12:00:00Z&newest=20&up_to=1841"
/// asks for, each of which may be left out. Throws RequestError 400 naming the parameter.
[[nodiscard]] AuditFilter parse_audit_query(std::string_view query);

}  // namespace contrans::server
