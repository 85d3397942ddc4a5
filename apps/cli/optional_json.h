#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace contrans::cli {

/// The number, or null where there is none.
[[nodiscard]] inline nlohmann::ordered_json or_null(std::optional<double> value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

}  // namespace contrans::cli
