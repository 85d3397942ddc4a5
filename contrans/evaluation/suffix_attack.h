#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace contrans {

/// Words that were searched to undo what a vector does, and what they reach on the items that they were searched on.
/// What they do to other items is a variant's effect (robustness.h).
struct SuffixAttack {
    std::string vector;
    std::string suffix;     ///< "" where no word tried makes it worse
    std::string random;     ///< as many words drawn by chance, to compare with
    std::string metric;     ///< that the search lowers
    double before = 0;      ///< mean over the searched items, steered, without the suffix
    double after = 0;       ///< the same with it
    std::size_t tried = 0;  ///< suffixes
};

/// As variants are named beside others.
inline constexpr const char* kSearchedSuffix = "searched suffix";
inline constexpr const char* kRandomSuffix = "random suffix";

/// [{"vector", "suffix", "random", "metric", "before", "after", "tried"}, …]
[[nodiscard]] std::string suffix_attacks_to_json(std::span<const SuffixAttack> attacks);
/// One of them as a file. Throws Error{io}.
void write_suffix_attack(const SuffixAttack& attack, const std::filesystem::path& file);
/// Throws Error{io} and Error{format} naming the file.
[[nodiscard]] SuffixAttack read_suffix_attack(const std::filesystem::path& file);

/// A row an attack. "" for none.
[[nodiscard]] std::string suffix_attacks_html(std::span<const SuffixAttack> attacks);

}  // namespace contrans
