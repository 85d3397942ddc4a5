#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// Rows of a matrix, in an order of choice, each minus a shift. Nothing is copied; the views must outlive it.
struct ShiftedRows {
    MatrixView matrix = {};  ///< [n, d]
    std::optional<std::span<const std::size_t>> index =
        std::nullopt;                   ///< which rows, in which order; nothing: all in order
    std::span<const float> shift = {};  ///< [d], subtracted from every row; empty: zero

    [[nodiscard]] std::size_t rows() const { return index ? index->size() : matrix.rows; }
    [[nodiscard]] std::size_t cols() const { return matrix.cols; }
    [[nodiscard]] std::span<const float> row(std::size_t r) const { return matrix.row(index ? (*index)[r] : r); }
};

/// How products over rows are accumulated.
enum class GramPrecision {
    f64,         ///< rows widened to f64: error of order 1e-15 of the columns' norms
    f32_blocks,  ///< f32 products of 2,048 rows at a time, their sums in f64: error of order 1e-7 of the columns'
                 ///< norms, about half the time
};

/// Σ (x − shift) / n per column [d], f64 accumulated. Zero rows give zeros.
[[nodiscard]] std::vector<double> column_means(const ShiftedRows& x);

/// Σ (x − shift)² per column [d], f64 accumulated.
[[nodiscard]] std::vector<double> column_square_sums(const ShiftedRows& x);

/// XᵀX [d, d] of the shifted rows, f32 in, f64 accumulated; both triangles are filled.
[[nodiscard]] MatrixF64 gram(const ShiftedRows& x);

/// XᵀY [d_x, d_y] of the shifted rows. Throws Error{argument} when the numbers of rows differ.
[[nodiscard]] MatrixF64 cross_gram(const ShiftedRows& x, const ShiftedRows& y, GramPrecision precision);

}  // namespace contrans
