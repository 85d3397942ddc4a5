#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// How cells by parity_of (metrics.h) are called; their items are texts in two versions.
inline constexpr const char* kParity = "parity";

/// What one vector does to the items of one task, by the task's primary metric, the margin between choices,
/// overconfidence or parity (metrics.h).
struct SideEffect {
    std::string vector;
    std::string task;
    std::string metric;
    std::size_t n = 0;      ///< items
    double unsteered = 0;   ///< mean over items
    double steered = 0;     ///< the same with the vector
    double low = 0;         ///< 95% interval of steered − unsteered, paired by item
    double high = 0;        ///< its other end
    double p = 1;           ///< of the difference alone; GroupTest::means if graded, else sign_flips
    double p_adjusted = 1;  ///< Holm's, over all cells of the table
    double q = 1;           ///< Benjamini and Hochberg's, over all cells of the table
    double detectable = 0;  ///< the difference that this many items would show four times in five
};

/// One cell before it is summarised: value i of both is the same item.
struct SideEffectValues {
    std::string vector;
    std::string task;
    std::string metric;
    std::vector<double> unsteered;    ///< [items]
    std::vector<double> steered;      ///< [items]
    std::vector<std::string> groups;  ///< [items], "" an item of its own; or empty
};

/// Every cell with its interval and its p; p_adjusted and q are over all of them together. Throws as paired_difference,
/// naming vector and task.
[[nodiscard]] std::vector<SideEffect> summarise_side_effects(std::span<const SideEffectValues> cells,
                                                             const BootstrapOptions& options);

/// Whether chance is ruled out at 5% for the whole table.
[[nodiscard]] bool is_certain(const SideEffect& effect);
/// Whether it is one of those of which chance has made 5% at most, on average.
[[nodiscard]] bool is_likely(const SideEffect& effect);

/// [{"vector", "task", "metric", "n", "unsteered", "steered", "low", …}, …]
[[nodiscard]] std::string side_effects_to_json(std::span<const SideEffect> effects);
/// The same as a file. Throws Error{io}.
void write_side_effects(std::span<const SideEffect> effects, const std::filesystem::path& file);
/// Throws Error{io} and Error{format} naming the file.
[[nodiscard]] std::vector<SideEffect> read_side_effects(const std::filesystem::path& file);

/// A row a vector, a column a task, differences as cells: what is certain or likely is said to be; margins,
/// overconfidence and parity have tables of their own. "" for none.
[[nodiscard]] std::string side_effects_html(std::span<const SideEffect> effects);

}  // namespace contrans
