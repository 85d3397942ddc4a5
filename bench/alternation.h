#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace contrans::bench {

/// One way to do a piece of work; `rate` does it once and returns the units done a second.
struct Side {
    std::string label;
    std::function<double()> rate;
};

struct Comparison {
    std::string row;
    std::string unit;
    Side ours;
    Side other;
};

/// The two sides alternate, so that what else the machine does hits both.
/// Plain clocks and not Google Benchmark, which repeats one function before it begins the next: its ratios would
/// compare two different minutes.
/// @return {"row", "unit", "ours", "other": {"label", "rates"}, "ratios"}
[[nodiscard]] nlohmann::ordered_json alternate(const Comparison& comparison, std::size_t rounds);

[[nodiscard]] double seconds_of(const std::function<void()>& work);

}  // namespace contrans::bench
