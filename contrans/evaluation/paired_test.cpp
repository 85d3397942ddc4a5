#include "contrans/evaluation/paired_test.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <random>

namespace contrans {
namespace {

constexpr std::size_t kFlips = 9999;
// Sums of the same numbers in another order may differ by rounding.
constexpr double kRounding = 1e-9;
// Standard normal quantiles: two-sided 5%, and the one that leaves a fifth.
constexpr double kTwoSided = 1.959964;
constexpr double kFourInFive = 0.841621;

/// The items of one group.
struct GroupDifference {
    double sum = 0;  ///< of a − b
    double n = 0;
};

std::vector<GroupDifference> group_differences(std::span<const double> a, std::span<const double> b,
                                               std::span<const std::string> groups) {
    std::vector<GroupDifference> differences;
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t at = differences.size();
        if (!groups.empty() && !groups[i].empty()) at = place.try_emplace(groups[i], at).first->second;
        if (at == differences.size()) differences.emplace_back();
        differences[at].sum += a[i] - b[i];
        ++differences[at].n;
    }
    return differences;
}

double sign_flip_p(std::span<const GroupDifference> groups, std::uint64_t seed) {
    std::vector<double> sums;
    for (const GroupDifference& group : groups) sums.push_back(group.sum);
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
        if (std::abs(sum) >= given * (1 - kRounding)) ++as_large;
    }
    return static_cast<double>(as_large) / static_cast<double>(kFlips + 1);
}

/// Null where t is not defined: one group, or groups that do not differ.
std::optional<double> mean_p(std::span<const GroupDifference> groups) {
    const double n = static_cast<double>(groups.size());
    double mean = 0;
    for (const GroupDifference& group : groups) mean += group.sum / group.n / n;
    double squares = 0;
    for (const GroupDifference& group : groups) squares += std::pow(group.sum / group.n - mean, 2);
    const double error = std::sqrt(squares / (n * (n - 1)));
    if (!(error > std::abs(mean) * kRounding)) return std::nullopt;
    const boost::math::students_t_distribution<double> t(n - 1);
    return 2 * boost::math::cdf(boost::math::complement(t, std::abs(mean) / error));
}

}  // namespace

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   std::span<const std::string> groups, const BootstrapOptions& options,
                                   GroupTest test) {
    const Interval interval = bootstrap_difference(a, b, groups, options);
    const double error = (interval.high - interval.low) / (2 * kTwoSided);
    const std::vector<GroupDifference> differences = group_differences(a, b, groups);
    const std::optional<double> by_means = test == GroupTest::means ? mean_p(differences) : std::nullopt;
    return {interval, by_means ? *by_means : sign_flip_p(differences, options.seed), (kTwoSided + kFourInFive) * error};
}

}  // namespace contrans
