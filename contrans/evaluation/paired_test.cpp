#include "contrans/evaluation/paired_test.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

#include "contrans/core/error.h"

namespace contrans {
namespace {

constexpr std::size_t kFlips = 9999;
// Sums of the same numbers in another order may differ by rounding.
constexpr double kAsLarge = 1 - 1e-9;
// Standard normal quantiles: two-sided 5%, and the one that leaves a fifth.
constexpr double kTwoSided = 1.959964;
constexpr double kFourInFive = 0.841621;

std::vector<double> group_sums(std::span<const double> a, std::span<const double> b,
                               std::span<const std::string> groups) {
    std::vector<double> sums;
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t at = sums.size();
        if (!groups.empty() && !groups[i].empty()) at = place.try_emplace(groups[i], sums.size()).first->second;
        if (at == sums.size()) sums.push_back(0);
        sums[at] += a[i] - b[i];
    }
    return sums;
}

double sign_flip_p(std::span<const double> sums, std::uint64_t seed) {
    const double given = std::abs(std::accumulate(sums.begin(), sums.end(), 0.0));
    std::mt19937_64 random(seed);
    std::size_t as_large = 1;
    for (std::size_t flip = 0; flip < kFlips; ++flip) {
        double sum = 0;
        std::uint64_t bits = 0;
        for (std::size_t g = 0; g < sums.size(); ++g) {
            if (g % 64 == 0) bits = random();
            sum += (bits >> (g % 64)) % 2 == 0 ? sums[g] : -sums[g];
        }
        if (std::abs(sum) >= given * kAsLarge) ++as_large;
    }
    return static_cast<double>(as_large) / static_cast<double>(kFlips + 1);
}

}  // namespace

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   std::span<const std::string> groups, const BootstrapOptions& options) {
    const Interval interval = bootstrap_difference(a, b, groups, options);
    const double error = (interval.high - interval.low) / (2 * kTwoSided);
    return {interval, sign_flip_p(group_sums(a, b, groups), options.seed), (kTwoSided + kFourInFive) * error};
}

}  // namespace contrans
