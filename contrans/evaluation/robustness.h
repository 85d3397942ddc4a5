#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// What became of a vector's effect when its test items were changed.
enum class Robustness {
    holds,      ///< an effect there too, and not certainly a smaller one
    weaker,     ///< an effect, certainly a smaller one than on the items as they were, and steered ones reach less
    lost,       ///< no effect: the interval ends below half of what it was on the test items
    undecided,  ///< so few items, or so small an effect, that neither can be said
};
[[nodiscard]] std::string_view to_string(Robustness verdict);

/// What one vector does to one variant of its own test items, by the task's primary metric.
struct VariantEffect {
    std::string vector;
    std::string variant;
    std::string metric;
    std::size_t n = 0;        ///< items
    double unsteered = 0;     ///< mean over the variant's items
    double steered = 0;       ///< the same with the vector
    Interval gain;            ///< steered − unsteered, paired by item
    double p = 1;             ///< of the gain alone
    double p_adjusted = 1;    ///< Holm's, over all rows
    double detectable = 0;    ///< the gain that this many items would show four times in five
    double test_gain = 0;     ///< on the test items that these are variants of; on all of them where `paired` is 0
    double test_steered = 0;  ///< mean with the vector of the same items; near 1 the gain's size says little
    std::size_t paired = 0;   ///< items whose own test item was read as well
    Interval change;          ///< of the gain against the same items as they were; 0 where `paired` is 0
};

/// One row before it is summarised: value i of `unsteered`, `steered` and `groups` is the same item.
struct VariantValues {
    std::string vector;
    std::string variant;
    std::string metric;
    std::vector<double> unsteered;       ///< [items]
    std::vector<double> steered;         ///< [items]
    std::vector<std::string> groups;     ///< [items], "" an item of its own
    std::vector<double> steered_before;  ///< [items] of the item that each is a variant of; empty: they are of none
    std::vector<double> gain_before;     ///< [items] of the item that each is a variant of; empty: they are of none
    double test_steered = 0;             ///< mean over all test items, for variants that are of none
    double test_gain = 0;                ///< mean over all test items, for variants that are of none
};

/// Every row with its intervals and its p; the p adjusted over all of them together. Throws as paired_difference,
/// naming vector and variant.
[[nodiscard]] std::vector<VariantEffect> summarise_robustness(std::span<const VariantValues> rows,
                                                              const BootstrapOptions& options);

[[nodiscard]] Robustness verdict_of(const VariantEffect& effect);

/// [{"vector", "variant", "metric", "n", "unsteered", …, "verdict"}, …]
[[nodiscard]] std::string robustness_to_json(std::span<const VariantEffect> effects);
/// The same as a file. Throws Error{io}.
void write_robustness(std::span<const VariantEffect> effects, const std::filesystem::path& file);
/// Throws Error{io} and Error{format} naming the file.
[[nodiscard]] std::vector<VariantEffect> read_robustness(const std::filesystem::path& file);

/// A row a vector, a column a variant, gains as cells with what became of them. "" for none.
[[nodiscard]] std::string robustness_html(std::span<const VariantEffect> effects);
/// The same for a terminal, a line a row.
[[nodiscard]] std::string robustness_table(std::span<const VariantEffect> effects);

}  // namespace contrans
