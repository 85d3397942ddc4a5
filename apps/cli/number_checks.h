#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace contrans::cli {

/// All of `text` as a finite number.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

// What options accept, ends included. CLI11 alone would take -1 as a very large count, and nan for anything.
[[nodiscard]] CLI::Validator number_within(double low, double high);
[[nodiscard]] CLI::Validator whole_number_within(std::uint64_t low, std::uint64_t high);

/// Of counts whose true limit another check finds.
inline constexpr std::uint64_t kLargestCount = 1'000'000'000;

}  // namespace contrans::cli
