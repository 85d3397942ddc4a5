#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace contrans {

/// Hashes (FNV-1a, 64 bits, the same on every platform) of a text's runs of 8 words, by which a mapping corpus is
/// refused that holds a concept's own texts: on those a map reproduces the native vector by algebra (DESIGN §5).
/// A word is a run of ASCII letters (lower-cased), digits and bytes ≥ 0x80; all else separates. A text of fewer than
/// 8 words gives one hash of the whole, one without words gives none. In the text's order, one a starting word.
[[nodiscard]] std::vector<std::uint64_t> shingles(std::string_view text);

/// The shingles of many texts, sorted, each once.
[[nodiscard]] std::vector<std::uint64_t> merge_shingles(std::span<const std::vector<std::uint64_t>> texts);

/// The share of `text`'s shingles that stand in `corpus` (sorted), in [0, 1]; 0 for a text without shingles.
[[nodiscard]] double share_contained(std::span<const std::uint64_t> text, std::span<const std::uint64_t> corpus);

}  // namespace contrans
