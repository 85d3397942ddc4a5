#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace contrans {

/// A read-only, row-major, contiguous view: element (r, c) is data[r * cols + c].
template <class T>
struct BasicMatrixView {
    const T* data = nullptr;
    std::size_t rows = 0;
    std::size_t cols = 0;

    [[nodiscard]] std::span<const T> row(std::size_t r) const { return {data + r * cols, cols}; }
    [[nodiscard]] T operator()(std::size_t r, std::size_t c) const { return data[r * cols + c]; }
    [[nodiscard]] bool empty() const { return rows == 0 || cols == 0; }
};

/// An owning row-major matrix, zero when made.
template <class T>
class BasicMatrix {
public:
    BasicMatrix() = default;
    BasicMatrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), data_(rows * cols) {}

    [[nodiscard]] std::size_t rows() const { return rows_; }
    [[nodiscard]] std::size_t cols() const { return cols_; }
    [[nodiscard]] bool empty() const { return data_.empty(); }
    [[nodiscard]] T* data() { return data_.data(); }
    [[nodiscard]] const T* data() const { return data_.data(); }
    [[nodiscard]] std::span<T> row(std::size_t r) { return {data_.data() + r * cols_, cols_}; }
    [[nodiscard]] std::span<const T> row(std::size_t r) const { return {data_.data() + r * cols_, cols_}; }
    T& operator()(std::size_t r, std::size_t c) { return data_[r * cols_ + c]; }
    T operator()(std::size_t r, std::size_t c) const { return data_[r * cols_ + c]; }
    // A view converts implicitly: every function of the library takes views.
    operator BasicMatrixView<T>() const { return {data_.data(), rows_, cols_}; }
    [[nodiscard]] BasicMatrixView<T> view() const { return *this; }
    friend bool operator==(const BasicMatrix&, const BasicMatrix&) = default;

private:
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::vector<T> data_;
};

using Matrix = BasicMatrix<float>;
using MatrixView = BasicMatrixView<float>;
using MatrixF64 = BasicMatrix<double>;
using MatrixF64View = BasicMatrixView<double>;

}  // namespace contrans
