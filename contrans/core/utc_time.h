#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace contrans {

/// Microseconds since 1970 of "2026-01-31" or "2026-01-31T12:34:56Z", whose second may have one to six decimals.
/// Nothing for any other text, and for a day or a time of day that does not exist.
[[nodiscard]] std::optional<std::int64_t> parse_utc(std::string_view text);

}  // namespace contrans
