#include "contrans/evaluation/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace contrans {

std::string fixed(std::optional<double> value, int digits) {
    if (!value) return "-";
    if (std::abs(*value) >= 1e6) return *value > 0 ? "> 1e6" : "< -1e6";
    std::array<char, 64> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), *value, std::chars_format::fixed, digits);
    std::string text(buffer.data(), end.ptr);
    const bool is_zero = text.find_first_not_of("-0.") == std::string::npos;
    return is_zero && text[0] == '-' ? text.substr(1) : text;
}

std::string with_interval(std::optional<double> value, std::optional<double> low, std::optional<double> high) {
    if (!value || !low || !high) return fixed(value);
    return fixed(value) + " [" + fixed(low) + ", " + fixed(high) + "]";
}

std::string with_interval(const Interval& interval) {
    return with_interval(interval.value, interval.low, interval.high);
}

}  // namespace contrans
