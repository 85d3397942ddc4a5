#pragma once

#include <nlohmann/json.hpp>

#include "contrans/core/json_reader.h"
#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// {"value", "low", "high"}
[[nodiscard]] inline nlohmann::ordered_json interval_to_json(const Interval& interval) {
    return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}};
}

/// The same read again. Throws as JsonReader.
[[nodiscard]] inline Interval read_interval(const JsonReader& json) {
    return {json.get<double>("value"), json.get<double>("low"), json.get<double>("high")};
}

}  // namespace contrans
