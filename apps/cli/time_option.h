#pragma once

#include <string>

#include "contrans/registry/audit_record.h"

namespace contrans::cli {

inline constexpr const char* kTimeForm = "2026-01-31 or 2026-01-31T12:34:56Z";

/// Throws Error{argument} naming the option for a text that is no time of that form.
[[nodiscard]] Microseconds parse_time(const std::string& text, const char* option);

}  // namespace contrans::cli
