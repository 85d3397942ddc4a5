#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace contrans::cli {

/// Writes to stdout and flushes. Throws Error{io} when stdout does not take it all (closed, disk full).
void print(std::string_view text);

/// The one JSON object of --json; bytes that are not UTF-8 become U+FFFD. Throws as print().
void print_json(const nlohmann::ordered_json& object);

/// One line on stderr: "contrans: TEXT", line breaks within as spaces.
void print_error(std::string_view text) noexcept;

}  // namespace contrans::cli
