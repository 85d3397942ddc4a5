#include "apps/cli/number_checks.h"

#include <charconv>
#include <cmath>
#include <sstream>
#include <string>

namespace contrans::cli {
namespace {

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number number{};
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

template <class Number>
CLI::Validator within(const char* kind, Number low, Number high,
                      std::optional<Number> (*parse_text)(std::string_view)) {
    std::ostringstream range;
    range << low << " to " << high;
    const auto check = [=, text = range.str()](const std::string& given) -> std::string {
        const std::optional<Number> number = parse_text(given);
        if (number && *number >= low && *number <= high) return "";
        return std::string("must be ") + kind + ", " + text + " (got \"" + given + "\")";
    };
    return {check, ""};
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
    const std::optional<double> number = parse<double>(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
}

CLI::Validator number_within(double low, double high) { return within<double>("a number", low, high, parse_number); }

CLI::Validator whole_number_within(std::uint64_t low, std::uint64_t high) {
    return within<std::uint64_t>("a whole number", low, high, parse<std::uint64_t>);
}

}  // namespace contrans::cli
