#include "contrans/concepts/word_response.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>

namespace contrans {
namespace {

template <class Before>
std::vector<std::size_t> order_of(std::span<const float> values, Before before) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, before, [&](std::size_t i) { return values[i]; });
    return order;
}

/// Ranks from 0, equal values the mean of theirs.
std::vector<double> ranks_of(std::span<const float> values) {
    const std::vector<std::size_t> order = order_of(values, std::less<>());
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first;
        while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
        const double mean = static_cast<double>(first + end - 1) / 2;
        for (; first < end; ++first) ranks[order[first]] = mean;
    }
    return ranks;
}

double correlation(std::span<const double> a, std::span<const double> b) {
    const auto n = static_cast<double>(a.size());
    const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
    const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : std::nan("");
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
    std::vector<float> of_a;
    std::vector<float> of_b;
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
    const double value = correlation(ranks_of(of_a), ranks_of(of_b));
    return std::isnan(value) ? std::nullopt : std::optional(value);
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
