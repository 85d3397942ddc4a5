#include "contrans/harvest/stored_states.h"

#include <numeric>
#include <optional>
#include <string>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/harvest/text_numbers.h"

namespace contrans {
namespace {

std::size_t number_of(const ActivationReader& store, const TextNumbers& numbers, const Text& text) {
    const auto* plain = std::get_if<std::string>(&text);
    if (plain == nullptr) {
        throw Error(ErrorKind::argument,
                    store.folder().string() + ": a store holds plain texts; chat messages need the model");
    }
    const std::optional<std::size_t> number = numbers.find(*plain);
    if (!number) {
        throw Error(ErrorKind::argument, store.folder().string() + ": does not hold the text " + in_quotes(*plain) +
                                             "; harvest it too, or give the model");
    }
    return *number;
}

void require_position(const ActivationReader& store, TextPosition position) {
    const StoredPosition stored = store.index().position;
    if (gives(stored, position)) return;
    throw Error(ErrorKind::argument, store.folder().string() + ": holds position " + to_string(stored) + ", and " +
                                         (position == TextPosition::last ? "last" : "mean") +
                                         " needs a store of that position or of all");
}

/// The rows of the store that stand for a text: one, or those whose mean does.
std::vector<std::size_t> rows_for(const ActivationReader& store, std::size_t text, TextPosition position) {
    const std::size_t first = store.first_row(text);
    const std::size_t n = store.tokens(text).size();
    const bool mean_of_many = store.index().position == StoredPosition::all && position == TextPosition::mean;
    if (n < (mean_of_many ? 2 : 1)) {
        throw Error(ErrorKind::argument,
                    store.folder().string() + ": keeps too few tokens of the text " + in_quotes(store.texts()[text]));
    }
    if (!mean_of_many) return {first + n - 1};
    std::vector<std::size_t> rows(n - 1);
    std::iota(rows.begin(), rows.end(), first + 1);
    return rows;
}

/// Means of consecutive groups of rows, f64 accumulated.
Matrix group_means(const Matrix& rows, std::span<const std::size_t> group_sizes) {
    Matrix means(group_sizes.size(), rows.cols());
    std::size_t row = 0;
    for (std::size_t g = 0; g < group_sizes.size(); ++g) {
        std::vector<double> sum(rows.cols(), 0.0);
        for (std::size_t i = 0; i < group_sizes[g]; ++i, ++row) {
            for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += static_cast<double>(rows(row, c));
        }
        for (std::size_t c = 0; c < sum.size(); ++c)
            means(g, c) = static_cast<float>(sum[c] / static_cast<double>(group_sizes[g]));
    }
    return means;
}

}  // namespace

bool gives(StoredPosition stored, TextPosition position) {
    return stored == StoredPosition::all ||
           stored == (position == TextPosition::last ? StoredPosition::last : StoredPosition::mean);
}

TextStates stored_text_states(const ActivationReader& store, std::span<const Text> texts, TextPosition position,
                              const std::vector<LayerIndex>& layers) {
    require_position(store, position);
    const TextNumbers numbers(store.texts());
    std::vector<std::size_t> rows;
    std::vector<std::size_t> group_sizes;
    for (const Text& text : texts) {
        const std::vector<std::size_t> of_text = rows_for(store, number_of(store, numbers, text), position);
        rows.insert(rows.end(), of_text.begin(), of_text.end());
        group_sizes.push_back(of_text.size());
    }
    TextStates states{layers, {}};
    for (const LayerIndex layer : layers) states.states.push_back(group_means(store.read(layer, rows), group_sizes));
    return states;
}

}  // namespace contrans
