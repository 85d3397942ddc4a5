#include "contrans/harvest/mean_pool.h"

namespace contrans {

MeanPool::MeanPool(std::size_t layers, std::span<const SequenceRequest> texts, std::size_t width)
    : sums_(layers, MatrixF64(texts.size(), width)) {
    for (const SequenceRequest& text : texts) tokens_.push_back(static_cast<double>(text.tokens.size() - 1));
}

void MeanPool::add(std::size_t layer, std::size_t text, std::size_t first_position, MatrixView points) {
    const std::span<double> sum = sums_[layer].row(text);
    for (std::size_t r = first_position == 0 ? 1 : 0; r < points.rows; ++r) {
        for (std::size_t c = 0; c < points.cols; ++c) sum[c] += static_cast<double>(points(r, c));
    }
}

Matrix MeanPool::mean(std::size_t layer) const {
    const MatrixF64& sums = sums_[layer];
    Matrix means(sums.rows(), sums.cols());
    for (std::size_t t = 0; t < means.rows(); ++t) {
        for (std::size_t c = 0; c < means.cols(); ++c) means(t, c) = static_cast<float>(sums(t, c) / tokens_[t]);
    }
    return means;
}

}  // namespace contrans
