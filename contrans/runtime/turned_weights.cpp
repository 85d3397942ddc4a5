#include "contrans/runtime/turned_weights.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "contrans/linalg/products.h"
#include "contrans/linalg/random_normal.h"

namespace contrans {
namespace {

// Of embeddings, which are long: 4,096 rows of d 4,096 are 128 MB in f64.
constexpr std::size_t kPieceRows = 4096;

/// Calls `piece` with first row and number of rows until all are done.
template <class Piece>
void in_pieces(std::size_t rows, const Piece& piece) {
    for (std::size_t first = 0; first < rows; first += kPieceRows) piece(first, std::min(kPieceRows, rows - first));
}

}  // namespace

TensorShape TurnedWeights::shape(const TwinTensor& tensor) const {
    const TensorShape from = weights_.shape(tensor.from);
    switch (tensor.role) {
        case StreamRole::reads:
        case StreamRole::gain:
            return {from.rows, rotation_.cols()};
        case StreamRole::writes:
            return {rotation_.cols(), from.cols};
        case StreamRole::apart:
            break;
    }
    return from;
}

void TurnedWeights::make(const TwinTensor& tensor, const Sink& sink) {
    switch (tensor.role) {
        case StreamRole::reads:
            return make_reading(tensor, sink);
        case StreamRole::writes:
            return make_writing(tensor, sink);
        case StreamRole::gain: {
            // A state of D numbers of which d are used has a mean square that is d/D of what it was.
            Matrix gain(1, rotation_.cols());
            const double share = static_cast<double>(rotation_.rows()) / static_cast<double>(rotation_.cols());
            std::ranges::fill(gain.row(0), static_cast<float>(std::sqrt(share)));
            return sink(gain);
        }
        case StreamRole::apart:
            in_pieces(weights_.shape(tensor.from).rows,
                      [&](std::size_t first, std::size_t n) { sink(weights_.rows(tensor.from, first, n)); });
    }
}

MatrixF64 TurnedWeights::behind_gain(const TwinTensor& tensor, std::size_t first, std::size_t n) {
    MatrixF64 rows = to_f64(weights_.rows(tensor.from, first, n));
    if (tensor.gain.empty()) return rows;
    const Matrix gain = weights_.all(tensor.gain);
    for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t c = 0; c < rows.cols(); ++c) rows(r, c) *= static_cast<double>(gain(0, c));
    }
    return rows;
}

double TurnedWeights::deviation_of(const TwinTensor& tensor) {
    const TensorShape from = weights_.shape(tensor.from);
    const TensorShape to = shape(tensor);
    const bool bias = from.rows == 1 || from.cols == 1;
    if (noise_ == 0 || bias) return 0;
    double squares = 0;
    in_pieces(from.rows, [&](std::size_t first, std::size_t n) {
        const MatrixF64 rows = behind_gain(tensor, first, n);
        const std::span<const double> values(rows.data(), rows.rows() * rows.cols());
        squares += dot(values, values);
    });
    return noise_ * std::sqrt(squares / static_cast<double>(to.rows * to.cols));
}

void TurnedWeights::make_reading(const TwinTensor& tensor, const Sink& sink) {
    const double deviation = deviation_of(tensor);
    in_pieces(weights_.shape(tensor.from).rows, [&](std::size_t first, std::size_t n) {
        hand_over(multiply(behind_gain(tensor, first, n), Op::plain, rotation_, Op::plain), deviation, sink);
    });
}

void TurnedWeights::make_writing(const TwinTensor& tensor, const Sink& sink) {
    const MatrixF64 rows = to_f64(weights_.all(tensor.from));
    hand_over(multiply(rotation_, Op::transposed, rows, Op::plain), deviation_of(tensor), sink);
}

void TurnedWeights::hand_over(MatrixF64 values, double deviation, const Sink& sink) {
    if (deviation != 0) {
        for (std::size_t i = 0; i < values.rows() * values.cols(); ++i)
            values.data()[i] += deviation * standard_normal(random_);
    }
    sink(to_f32(values));
}

}  // namespace contrans
