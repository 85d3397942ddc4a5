#include "contrans/linalg/random_order.h"

#include <numeric>
#include <utility>

namespace contrans {

std::size_t uniform_below(std::size_t bound, RandomEngine& engine) {
    return static_cast<std::size_t>(engine() % bound);
}

void shuffle_in_place(std::span<std::size_t> items, RandomEngine& engine) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[uniform_below(i, engine)]);
}

std::vector<std::size_t> random_order(std::size_t n, RandomEngine& engine) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle_in_place(order, engine);
    return order;
}

}  // namespace contrans
