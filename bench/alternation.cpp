#include "bench/alternation.h"

#include <chrono>
#include <vector>

namespace contrans::bench {

nlohmann::ordered_json alternate(const Comparison& comparison, std::size_t rounds) {
    std::vector<double> ours;
    std::vector<double> other;
    std::vector<double> ratios;
    for (std::size_t round = 0; round < rounds; ++round) {
        const double a = comparison.ours.rate();
        const double b = comparison.other.rate();
        ours.push_back(a);
        other.push_back(b);
        ratios.push_back(a / b);
    }
    return {{"row", comparison.row},
            {"unit", comparison.unit},
            {"ours", {{"label", comparison.ours.label}, {"rates", ours}}},
            {"other", {{"label", comparison.other.label}, {"rates", other}}},
            {"ratios", ratios}};
}

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace contrans::bench
