#include "contrans/mapping/massive_rows.h"

#include <algorithm>
#include <cmath>

namespace contrans {
namespace {

std::vector<double> row_lengths(MatrixView states) {
    std::vector<double> lengths(states.rows);
    for (std::size_t r = 0; r < states.rows; ++r) {
        double squares = 0;
        for (const float x : states.row(r)) squares += static_cast<double>(x) * static_cast<double>(x);
        lengths[r] = std::sqrt(squares);
    }
    return lengths;
}

/// The lower one of two.
double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

std::vector<std::size_t> massive_rows(MatrixView states) {
    if (states.rows == 0) return {};
    const std::vector<double> lengths = row_lengths(states);
    const double bound = kMassive * median(lengths);
    std::vector<std::size_t> massive;
    for (std::size_t r = 0; r < lengths.size(); ++r) {
        if (lengths[r] > bound) massive.push_back(r);
    }
    return massive;
}

RowMask mask_rows(std::span<const MatrixView> layers) {
    RowMask mask;
    std::vector<bool> anywhere(layers.empty() ? 0 : layers.front().rows);
    for (const MatrixView& layer : layers) {
        const std::vector<std::size_t> massive = massive_rows(layer);
        mask.massive.push_back(massive.size());
        for (const std::size_t row : massive) anywhere[row] = true;
    }
    for (std::size_t r = 0; r < anywhere.size(); ++r) {
        if (!anywhere[r]) mask.ordinary.push_back(r);
    }
    return mask;
}

std::vector<std::size_t> ordinary_rows(std::span<const MatrixView> layers) { return mask_rows(layers).ordinary; }

}  // namespace contrans
