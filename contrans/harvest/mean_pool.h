#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"
#include "contrans/runtime/sequence_request.h"

namespace contrans {

/// Means over all of a text's tokens but the first, summed in f64 as the states come; a text may come in several runs.
class MeanPool {
public:
    MeanPool(std::size_t layers, std::span<const SequenceRequest> texts, std::size_t width);

    void add(std::size_t layer, std::size_t text, std::size_t first_position, MatrixView points);
    /// [texts, width] of one layer.
    [[nodiscard]] Matrix mean(std::size_t layer) const;

private:
    std::vector<double> tokens_;  // [texts] how many a text's mean is over
    std::vector<MatrixF64> sums_;
};

}  // namespace contrans
