#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// The offset in bytes of the first sequence that is not well-formed UTF-8 (Unicode, table 3-7), or nothing.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Characters that begin before each of the byte offsets, which must rise: where a token that ends within a character
/// ends when that character counts as its own. @param text well-formed UTF-8
[[nodiscard]] std::vector<std::size_t> characters_before(std::string_view text, std::span<const std::size_t> offsets);

/// `text` fit for one line of a message: control bytes and broken UTF-8 as \xNN, cut after `max_bytes` with "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 60);

/// printable(text) in double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t max_bytes = 60);

}  // namespace contrans
