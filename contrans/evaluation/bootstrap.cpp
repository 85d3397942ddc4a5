#include "contrans/evaluation/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "contrans/core/error.h"
#include "contrans/evaluation/mean.h"
#include "contrans/linalg/rank_correlation.h"

namespace contrans {
namespace {

using Clusters = std::vector<std::vector<std::size_t>>;

/// Standard distributions differ between standard libraries; this one draws the same everywhere.
class IndexSource {
public:
    explicit IndexSource(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t n) {
        const double unit = static_cast<double>(engine_() >> 11) * 0x1p-53;
        return static_cast<std::size_t>(unit * static_cast<double>(n));
    }

private:
    std::mt19937_64 engine_;
};

Clusters form_clusters(std::size_t n, std::span<const std::string> groups) {
    Clusters clusters;
    std::map<std::string, std::size_t> position;
    for (std::size_t i = 0; i < n; ++i) {
        if (groups.empty() || groups[i].empty()) {
            clusters.push_back({i});
            continue;
        }
        const auto [entry, is_new] = position.try_emplace(groups[i], clusters.size());
        if (is_new) clusters.emplace_back();
        clusters[entry->second].push_back(i);
    }
    return clusters;
}

/// One replicate: the items drawn, groups first and then items within them.
void draw_items(const Clusters& clusters, IndexSource& source, std::vector<std::size_t>& drawn) {
    drawn.clear();
    for (std::size_t g = 0; g < clusters.size(); ++g) {
        const auto& members = clusters[source.below(clusters.size())];
        for (std::size_t i = 0; i < members.size(); ++i) drawn.push_back(members[source.below(members.size())]);
    }
}

double mean_of(std::span<const double> values, std::span<const std::size_t> drawn) {
    double sum = 0;
    for (const std::size_t i : drawn) sum += values[i];
    return sum / static_cast<double>(drawn.size());
}

std::vector<double> values_at(std::span<const double> values, std::span<const std::size_t> drawn) {
    std::vector<double> at;
    for (const std::size_t i : drawn) at.push_back(values[i]);
    return at;
}

/// What `statistic` says of the items drawn, replicate by replicate.
template <class Statistic>
std::vector<double> replicates_of(std::size_t n, std::span<const std::string> groups, const BootstrapOptions& options,
                                  const Statistic& statistic) {
    const Clusters clusters = form_clusters(n, groups);
    IndexSource source(options.seed);
    std::vector<double> replicates(options.replicates);
    std::vector<std::size_t> drawn;
    for (double& replicate : replicates) {
        draw_items(clusters, source, drawn);
        replicate = statistic(drawn);
    }
    return replicates;
}

std::uint64_t seed_for(const std::string& name, std::uint64_t seed) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash ^ (seed * 0x9e3779b97f4a7c15u);
}

/// Nearest order statistics, so that infinite replicates stay where they are sorted.
Interval percentiles(double value, std::vector<double> replicates, double coverage) {
    std::sort(replicates.begin(), replicates.end());
    const double last = static_cast<double>(replicates.size() - 1);
    const auto at = [&](double share) { return replicates[static_cast<std::size_t>(std::lround(share * last))]; };
    return {value, at((1 - coverage) / 2), at((1 + coverage) / 2)};
}

void require_options(const std::string& operation, const BootstrapOptions& options) {
    if (options.replicates == 0) throw Error(ErrorKind::argument, operation + ": replicates must be at least 1, not 0");
    if (!(options.coverage > 0 && options.coverage < 1)) {
        throw Error(ErrorKind::argument,
                    operation + ": coverage must lie in (0, 1), not " + std::to_string(options.coverage));
    }
}

void require_values(const std::string& operation, std::span<const double> values, std::size_t expected) {
    if (values.empty()) throw Error(ErrorKind::argument, operation + ": needs at least one item, not 0");
    if (values.size() != expected) {
        throw Error(ErrorKind::argument, operation + ": paired conditions must have the same items, not " +
                                             std::to_string(values.size()) + " and " + std::to_string(expected));
    }
    for (const double value : values) {
        if (!std::isfinite(value)) {
            throw Error(ErrorKind::numeric, operation + ": a value must be finite, not " + std::to_string(value));
        }
    }
}

void require_groups(const std::string& operation, std::span<const std::string> groups, std::size_t items) {
    if (groups.empty() || groups.size() == items) return;
    throw Error(ErrorKind::argument, operation + ": groups must be none or one an item, not " +
                                         std::to_string(groups.size()) + " for " + std::to_string(items) + " items");
}

void require_triple(const GainTriple& triple) {
    const std::string operation = "bootstrap_gain_ratio of '" + triple.name + "'";
    require_values(operation, triple.none, triple.none.size());
    require_values(operation, triple.native, triple.none.size());
    require_values(operation, triple.treated, triple.none.size());
    require_groups(operation, triple.groups, triple.none.size());
}

double ratio(double numerator, double denominator) {
    if (denominator > 0) return numerator / denominator;
    return std::copysign(std::numeric_limits<double>::infinity(), numerator);
}

/// A concept's bootstrapped numerator and denominator, replicate by replicate.
struct GainReplicates {
    std::vector<double> treated;
    std::vector<double> native;
};

void add_gains(const GainTriple& triple, const BootstrapOptions& options, GainReplicates& sums) {
    const Clusters clusters = form_clusters(triple.none.size(), triple.groups);
    IndexSource source(seed_for(triple.name, options.seed));
    std::vector<std::size_t> drawn;
    for (std::size_t r = 0; r < options.replicates; ++r) {
        draw_items(clusters, source, drawn);
        const double none = mean_of(triple.none, drawn);
        sums.treated[r] += mean_of(triple.treated, drawn) - none;
        sums.native[r] += mean_of(triple.native, drawn) - none;
    }
}

}  // namespace

Interval bootstrap_mean(std::span<const double> values, std::span<const std::string> groups,
                        const BootstrapOptions& options) {
    require_options("bootstrap_mean", options);
    require_values("bootstrap_mean", values, values.size());
    require_groups("bootstrap_mean", groups, values.size());
    const auto mean_of_drawn = [&](std::span<const std::size_t> drawn) { return mean_of(values, drawn); };
    return percentiles(mean_of(values), replicates_of(values.size(), groups, options, mean_of_drawn), options.coverage);
}

Interval bootstrap_difference(std::span<const double> a, std::span<const double> b, std::span<const std::string> groups,
                              const BootstrapOptions& options) {
    require_values("bootstrap_difference", a, b.size());
    require_values("bootstrap_difference", b, a.size());
    std::vector<double> difference(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
    return bootstrap_mean(difference, groups, options);
}

std::optional<Interval> bootstrap_rank_correlation(std::span<const double> a, std::span<const double> b,
                                                   std::span<const std::string> groups,
                                                   const BootstrapOptions& options) {
    require_options("bootstrap_rank_correlation", options);
    require_values("bootstrap_rank_correlation", a, b.size());
    require_values("bootstrap_rank_correlation", b, a.size());
    require_groups("bootstrap_rank_correlation", groups, a.size());
    const std::optional<double> value = rank_correlation(a, b);
    if (!value) return std::nullopt;
    const auto of_drawn = [&](std::span<const std::size_t> drawn) {
        return rank_correlation(values_at(a, drawn), values_at(b, drawn)).value_or(0);
    };
    return percentiles(*value, replicates_of(a.size(), groups, options, of_drawn), options.coverage);
}

std::optional<Interval> bootstrap_gain_ratio(std::span<const GainTriple> concepts, const BootstrapOptions& options) {
    require_options("bootstrap_gain_ratio", options);
    if (concepts.empty()) throw Error(ErrorKind::argument, "bootstrap_gain_ratio: needs at least one concept, not 0");
    GainReplicates sums{std::vector<double>(options.replicates), std::vector<double>(options.replicates)};
    double treated = 0;
    double native = 0;
    for (const GainTriple& triple : concepts) {
        require_triple(triple);
        treated += mean_of(triple.treated) - mean_of(triple.none);
        native += mean_of(triple.native) - mean_of(triple.none);
        add_gains(triple, options, sums);
    }
    std::vector<double> replicates(options.replicates);
    for (std::size_t r = 0; r < replicates.size(); ++r) replicates[r] = ratio(sums.treated[r], sums.native[r]);
    const Interval interval = percentiles(ratio(treated, native), std::move(replicates), options.coverage);
    if (!std::isfinite(interval.value) || !std::isfinite(interval.low) || !std::isfinite(interval.high)) return {};
    return interval;
}

}  // namespace contrans
