#include "contrans/concepts/word_response.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>

#include "contrans/linalg/rank_correlation.h"

namespace contrans {
namespace {

template <class Before>
std::vector<std::size_t> order_of(std::span<const float> values, Before before) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, before, [&](std::size_t i) { return values[i]; });
    return order;
}

template <class Before>
std::vector<std::string> first_words(const WordResponse& response, std::size_t n, Before before) {
    std::vector<std::string> words;
    for (const std::size_t i : order_of(response.change, before)) {
        if (words.size() == n) break;
        words.push_back(response.words[i]);
    }
    return words;
}

}  // namespace

std::optional<double> agreement(const WordResponse& a, const WordResponse& b) {
    std::vector<double> of_a;
    std::vector<double> of_b;
    for (std::size_t i = 0, j = 0; i < a.words.size() && j < b.words.size();) {
        const int order = a.words[i].compare(b.words[j]);
        if (order == 0) {
            of_a.push_back(a.change[i]);
            of_b.push_back(b.change[j]);
        }
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    if (of_a.size() < kFewestSharedWords) return std::nullopt;
    return rank_correlation(of_a, of_b);
}

std::vector<std::string> promoted_words(const WordResponse& response, std::size_t n) {
    return first_words(response, n, std::greater<>());
}

std::vector<std::string> suppressed_words(const WordResponse& response, std::size_t n) {
    return first_words(response, n, std::less<>());
}

WordResponse strongest_words(const WordResponse& response, std::size_t n) {
    std::vector<std::size_t> order = order_of(response.change, std::less<>());
    if (order.size() > 2 * n)
        order.erase(order.begin() + static_cast<std::ptrdiff_t>(n), order.end() - static_cast<std::ptrdiff_t>(n));
    std::ranges::sort(order);  // words are sorted by place
    WordResponse strongest{response.layer, response.dose, {}, {}};
    for (const std::size_t i : order) {
        strongest.words.push_back(response.words[i]);
        strongest.change.push_back(response.change[i]);
    }
    return strongest;
}

}  // namespace contrans
