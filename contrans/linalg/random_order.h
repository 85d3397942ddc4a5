#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <vector>

namespace contrans {

/// Seeded draws that are the same with every standard library: the engine is specified to the bit, its distributions
/// and std::shuffle are not.
using RandomEngine = std::mt19937_64;

/// Uniform in [0, bound); bound ≥ 1. The modulo's bias is below bound / 2^64.
[[nodiscard]] std::size_t uniform_below(std::size_t bound, RandomEngine& engine);

/// Fisher-Yates, in place.
void shuffle_in_place(std::span<std::size_t> items, RandomEngine& engine);

/// A random permutation of 0 … n − 1.
[[nodiscard]] std::vector<std::size_t> random_order(std::size_t n, RandomEngine& engine);

}  // namespace contrans
