#include "contrans/linalg/gram.h"

#include <cblas.h>

#include <algorithm>
#include <string>

#include "contrans/core/error.h"

namespace contrans {
namespace {

// A block of f64 rows at d = 640 fills 10 MB: large enough for full gemm speed, small enough for f32 sums.
constexpr std::size_t kBlockRows = 2048;

int size(std::size_t n) { return static_cast<int>(n); }

// out [d] = row − shift, in T.
template <class T>
void shifted_row(std::span<const float> row, std::span<const float> shift, T* out) {
    if (shift.empty()) {
        std::copy(row.begin(), row.end(), out);
        return;
    }
    for (std::size_t c = 0; c < row.size(); ++c) out[c] = static_cast<T>(row[c]) - static_cast<T>(shift[c]);
}

// block [count, d] = rows first … first + count − 1, shifted.
template <class T>
void fill_block(const ShiftedRows& x, std::size_t first, std::size_t count, std::vector<T>& block) {
    for (std::size_t r = 0; r < count; ++r) shifted_row(x.row(first + r), x.shift, block.data() + r * x.cols());
}

// Calls work(first, count) for consecutive blocks of rows.
template <class Work>
void for_blocks(std::size_t rows, Work&& work) {
    for (std::size_t first = 0; first < rows; first += kBlockRows) work(first, std::min(kBlockRows, rows - first));
}

template <class T>
std::vector<T> block_buffer(const ShiftedRows& x) {
    return std::vector<T>(std::min(kBlockRows, x.rows()) * x.cols());
}

void mirror_upper(MatrixF64& m) {
    for (std::size_t r = 0; r < m.rows(); ++r) {
        for (std::size_t c = 0; c < r; ++c) m(r, c) = m(c, r);
    }
}

MatrixF64 cross_gram_f64(const ShiftedRows& x, const ShiftedRows& y) {
    MatrixF64 total(x.cols(), y.cols());
    auto xb = block_buffer<double>(x);
    auto yb = block_buffer<double>(y);
    const int dx = size(x.cols());
    const int dy = size(y.cols());
    for_blocks(x.rows(), [&](std::size_t first, std::size_t count) {
        fill_block(x, first, count, xb);
        fill_block(y, first, count, yb);
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, dx, dy, size(count), 1.0, xb.data(), dx, yb.data(), dy,
                    1.0, total.data(), dy);
    });
    return total;
}

MatrixF64 cross_gram_f32(const ShiftedRows& x, const ShiftedRows& y) {
    MatrixF64 total(x.cols(), y.cols());
    auto xb = block_buffer<float>(x);
    auto yb = block_buffer<float>(y);
    std::vector<float> product(x.cols() * y.cols());
    const int dx = size(x.cols());
    const int dy = size(y.cols());
    for_blocks(x.rows(), [&](std::size_t first, std::size_t count) {
        fill_block(x, first, count, xb);
        fill_block(y, first, count, yb);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, dx, dy, size(count), 1.0F, xb.data(), dx, yb.data(), dy,
                    0.0F, product.data(), dy);
        for (std::size_t i = 0; i < product.size(); ++i) total.data()[i] += static_cast<double>(product[i]);
    });
    return total;
}

// Sum over rows of f(row, shift) per column.
template <class Term>
std::vector<double> column_sums(const ShiftedRows& x, Term&& term) {
    std::vector<double> sums(x.cols(), 0.0);
    std::vector<double> row(x.cols());
    for (std::size_t r = 0; r < x.rows(); ++r) {
        shifted_row(x.row(r), x.shift, row.data());
        for (std::size_t c = 0; c < row.size(); ++c) sums[c] += term(row[c]);
    }
    return sums;
}

}  // namespace

std::vector<double> column_means(const ShiftedRows& x) {
    std::vector<double> means = column_sums(x, [](double v) { return v; });
    const double n = static_cast<double>(std::max<std::size_t>(x.rows(), 1));
    for (double& mean : means) mean /= n;
    return means;
}

std::vector<double> column_square_sums(const ShiftedRows& x) {
    return column_sums(x, [](double v) { return v * v; });
}

MatrixF64 gram(const ShiftedRows& x) {
    MatrixF64 total(x.cols(), x.cols());
    auto block = block_buffer<double>(x);
    const int d = size(x.cols());
    for_blocks(x.rows(), [&](std::size_t first, std::size_t count) {
        fill_block(x, first, count, block);
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, d, size(count), 1.0, block.data(), d, 1.0, total.data(), d);
    });
    mirror_upper(total);
    return total;
}

MatrixF64 cross_gram(const ShiftedRows& x, const ShiftedRows& y, GramPrecision precision) {
    if (x.rows() != y.rows()) {
        throw Error(ErrorKind::argument, "cross_gram: both sides need as many rows, got " + std::to_string(x.rows()) +
                                             " and " + std::to_string(y.rows()));
    }
    if (x.cols() == 0 || y.cols() == 0) return {x.cols(), y.cols()};
    return precision == GramPrecision::f64 ? cross_gram_f64(x, y) : cross_gram_f32(x, y);
}

}  // namespace contrans
