#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace contrans {

struct BootstrapOptions {
    std::size_t replicates = 2000;
    std::uint64_t seed = 1;
    double coverage = 0.95;  ///< of the percentile interval, in (0, 1)
};

/// An estimate on all items and its percentile interval.
struct Interval {
    double value = 0;
    double low = 0;
    double high = 0;
};

/// One concept's items under three conditions: value i of each vector is the same item.
struct GainTriple {
    std::string name;                 ///< seeds this concept's draws: equal names, sizes and groups draw alike
    std::vector<double> none;         ///< [items] unsteered
    std::vector<double> native;       ///< [items] the denominator's condition
    std::vector<double> treated;      ///< [items] the numerator's condition
    std::vector<std::string> groups;  ///< [items] "": a cluster of its own; empty: all of them so
};

// Two-stage cluster bootstrap (Davison and Hinkley, Bootstrap Methods, 1997, §3.8): draw as many groups as there are
// with replacement, then within each drawn group as many items as it has with replacement. Items without a group are
// clusters of one. One replicate's draw serves every condition. With few groups (under about 8) intervals are too
// short. All throw Error{argument} for no items, lengths that disagree, no replicates or a coverage outside (0, 1), and
// Error{numeric} for a value that is not finite.

/// Mean over items. `groups` is empty or one a value.
[[nodiscard]] Interval bootstrap_mean(std::span<const double> values, std::span<const std::string> groups,
                                      const BootstrapOptions& options);

/// Mean of a − b, paired by item.
[[nodiscard]] Interval bootstrap_difference(std::span<const double> a, std::span<const double> b,
                                            std::span<const std::string> groups, const BootstrapOptions& options);

/// Σ (mean treated − mean none) / Σ (mean native − mean none) over concepts, every concept resampled by itself and all
/// three conditions together, so that the denominator's noise counts. Replicates whose denominator is not positive
/// count as ±∞ by the sign of their numerator; nothing where the estimate or an end of the interval is not finite.
[[nodiscard]] std::optional<Interval> bootstrap_gain_ratio(std::span<const GainTriple> concepts,
                                                           const BootstrapOptions& options);

/// Spearman's rank correlation of a and b, paired by item. Replicates in which all values of a side are equal count as
/// 0: they tell nothing. Nothing where that is so of the items themselves.
[[nodiscard]] std::optional<Interval> bootstrap_rank_correlation(std::span<const double> a, std::span<const double> b,
                                                                 std::span<const std::string> groups,
                                                                 const BootstrapOptions& options);

}  // namespace contrans
