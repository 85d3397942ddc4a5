#include "contrans/rollout/drift.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "contrans/core/error.h"

namespace contrans {
namespace {

constexpr std::size_t kFewestGroups = 3;
// The standard normal's quantile at 1 − 1e-4.
constexpr double kNormalQuantile = 3.719;

/// The last bins of all groups but the last, which is open: a group ends where the next tenth of the answers is full.
std::vector<std::int64_t> group_ends(const BinCounts& reference) {
    const std::size_t all = answers_in(reference);
    std::vector<std::int64_t> ends;
    std::size_t counted = 0;
    std::size_t tenth = 1;
    for (const auto& [bin, n] : reference) {
        counted += n;
        if (counted * kDriftGroups < tenth * all || counted == all) continue;
        ends.push_back(bin);
        tenth = counted * kDriftGroups / all + 1;
    }
    if (ends.size() + 1 >= kFewestGroups) return ends;
    // All in a bin or two: what lies beside them needs groups of its own to be seen.
    ends.insert(ends.begin(), reference.begin()->first - 1);
    ends.push_back(reference.rbegin()->first);
    return ends;
}

/// The share of each group.
std::vector<double> shares(const BinCounts& counts, const std::vector<std::int64_t>& ends) {
    std::vector<double> groups(ends.size() + 1, 0.5);
    for (const auto& [bin, n] : counts) {
        groups[static_cast<std::size_t>(std::ranges::lower_bound(ends, bin) - ends.begin())] += static_cast<double>(n);
    }
    const double all = static_cast<double>(answers_in(counts)) + 0.5 * static_cast<double>(groups.size());
    for (double& group : groups) group /= all;
    return groups;
}

double index_of(const std::vector<double>& p, const std::vector<double>& q) {
    double index = 0;
    for (std::size_t i = 0; i < p.size(); ++i) index += (q[i] - p[i]) * std::log(q[i] / p[i]);
    return index;
}

/// χ² of k degrees of freedom at kNormalQuantile: k·(1 − 2/9k + z·√(2/9k))³.
double chi_square_quantile(std::size_t degrees) {
    const auto k = static_cast<double>(degrees);
    const double part = 2 / (9 * k);
    return k * std::pow(1 - part + kNormalQuantile * std::sqrt(part), 3);
}

}  // namespace

std::size_t answers_in(const BinCounts& counts) {
    std::size_t all = 0;
    for (const auto& [bin, n] : counts) all += n;
    return all;
}

std::int64_t drift_bin(double projection) {
    if (!std::isfinite(projection)) throw Error(ErrorKind::argument, "drift_bin: a projection must be finite");
    const double bin = std::floor(projection / kDriftBinWidth);
    const auto most = static_cast<double>(kDriftBinsOfASide);
    return static_cast<std::int64_t>(std::clamp(bin, -most, most - 1));
}

std::string_view to_string(DriftState state) {
    switch (state) {
        case DriftState::waiting:
            return "waiting";
        case DriftState::steady:
            return "steady";
        case DriftState::drifted:
            return "drifted";
    }
    return "";
}

DriftReading read_drift(const BinCounts& reference, const BinCounts& now) {
    DriftReading reading;
    reading.reference_answers = answers_in(reference);
    reading.answers = answers_in(now);
    if (reading.reference_answers == 0 || reading.answers == 0) return reading;
    const std::vector<std::int64_t> ends = group_ends(reference);
    reading.index = index_of(shares(reference, ends), shares(now, ends));
    const double chance = 1 / static_cast<double>(reading.reference_answers) + 1 / static_cast<double>(reading.answers);
    reading.limit = std::max(kDriftThreshold, chance * chi_square_quantile(ends.size()));
    if (std::min(reading.reference_answers, reading.answers) < kLeastDriftAnswers) return reading;
    reading.state = reading.index > reading.limit ? DriftState::drifted : DriftState::steady;
    return reading;
}

}  // namespace contrans
