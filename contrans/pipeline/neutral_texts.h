#pragma once

#include <span>
#include <string>

namespace contrans {

/// data/neutral/dev.txt, built into the library: σ, damage budgets and searches look at these.
[[nodiscard]] std::span<const std::string> neutral_development_texts();
/// data/neutral/test.txt, built in: reports look at these. Disjoint from the development texts.
[[nodiscard]] std::span<const std::string> neutral_test_texts();

}  // namespace contrans
