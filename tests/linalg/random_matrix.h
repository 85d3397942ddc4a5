#pragma once

#include <cmath>
#include <numbers>
#include <span>

#include "contrans/linalg/matrix.h"
#include "contrans/linalg/random_order.h"

namespace contrans::testing {

/// Standard normal by Box and Muller: the same numbers with every standard library.
inline double normal(RandomEngine& engine) {
    const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

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
