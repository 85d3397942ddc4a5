#pragma once

#include <span>

#include "contrans/linalg/matrix.h"
#include "contrans/linalg/random_normal.h"
#include "contrans/linalg/random_order.h"

namespace contrans::testing {

inline double normal(RandomEngine& engine) { return standard_normal(engine); }

inline MatrixF64 random_matrix_f64(std::size_t rows, std::size_t cols, RandomEngine& engine) {
    MatrixF64 m(rows, cols);
    for (std::size_t i = 0; i < rows * cols; ++i) m.data()[i] = normal(engine);
    return m;
}

inline Matrix random_matrix(std::size_t rows, std::size_t cols, RandomEngine& engine) {
    Matrix m(rows, cols);
    for (std::size_t i = 0; i < rows * cols; ++i) m.data()[i] = static_cast<float>(normal(engine));
    return m;
}

template <class T>
std::span<const T> flat(const BasicMatrix<T>& m) {
    return {m.data(), m.rows() * m.cols()};
}

}  // namespace contrans::testing
