#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

namespace contrans {

/// `count` of the elements in the order in which they were drawn, each at most once; fewer where there are not so many.
template <class T>
[[nodiscard]] std::vector<T> draw_some(std::vector<T> from, std::size_t count, std::mt19937_64& random) {
    count = std::min(count, from.size());
    for (std::size_t i = 0; i < count; ++i) std::swap(from[i], from[i + random() % (from.size() - i)]);
    from.resize(count);
    return from;
}

}  // namespace contrans
