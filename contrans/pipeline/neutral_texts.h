#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace contrans {

/// data/neutral/dev.txt, built into the library: σ, damage budgets and searches look at these.
[[nodiscard]] std::span<const std::string> neutral_development_texts();
/// data/neutral/test.txt, built in: reports look at these. Disjoint from the development texts.
[[nodiscard]] std::span<const std::string> neutral_test_texts();

/// The texts of a file (.txt or .jsonl); none without one, which steps take as the built-in texts. Throws what
/// read_corpus throws.
[[nodiscard]] std::vector<std::string> read_neutral(const std::filesystem::path& file);

}  // namespace contrans
