#include "contrans/linalg/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "contrans/core/error.h"

namespace contrans {
namespace {

/// From 0.
std::vector<double> ranks_of(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first;
        while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
        const double mean = static_cast<double>(first + end - 1) / 2;
        for (; first < end; ++first) ranks[order[first]] = mean;
    }
    return ranks;
}

}  // namespace

std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b) {
    if (a.size() != b.size()) {
        throw Error(ErrorKind::argument, "rank_correlation: needs lists of one length, not " +
                                             std::to_string(a.size()) + " and " + std::to_string(b.size()));
    }
    const std::vector<double> of_a = ranks_of(a);
    const std::vector<double> of_b = ranks_of(b);
    const double mean = (static_cast<double>(a.size()) - 1) / 2;
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (of_a[i] - mean) * (of_b[i] - mean);
        aa += (of_a[i] - mean) * (of_a[i] - mean);
        bb += (of_b[i] - mean) * (of_b[i] - mean);
    }
    if (!(aa > 0 && bb > 0)) return std::nullopt;
    return ab / std::sqrt(aa * bb);
}

}  // namespace contrans
