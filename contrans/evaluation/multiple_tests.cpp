#include "contrans/evaluation/multiple_tests.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "contrans/core/error.h"

namespace contrans {
namespace {

/// The places of p, the smallest first.
std::vector<std::size_t> rising(const char* operation, std::span<const double> p) {
    const auto outside = std::ranges::find_if_not(p, [](double value) { return value >= 0 && value <= 1; });
    if (outside != p.end()) {
        throw Error(ErrorKind::argument,
                    std::string(operation) + ": p must lie in [0, 1], not " + std::to_string(*outside));
    }
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
    return order;
}

}  // namespace

std::vector<double> holm_adjusted(std::span<const double> p) {
    const std::vector<std::size_t> order = rising("holm_adjusted", p);
    std::vector<double> adjusted(p.size());
    double largest = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
        adjusted[order[rank]] = largest;
    }
    return adjusted;
}

std::vector<double> false_discovery_adjusted(std::span<const double> p) {
    const std::vector<std::size_t> order = rising("false_discovery_adjusted", p);
    std::vector<double> adjusted(p.size());
    double smallest = 1;
    for (std::size_t rank = order.size(); rank > 0; --rank) {
        const std::size_t at = order[rank - 1];
        smallest = std::min(smallest, static_cast<double>(p.size()) / static_cast<double>(rank) * p[at]);
        adjusted[at] = smallest;
    }
    return adjusted;
}

}  // namespace contrans
