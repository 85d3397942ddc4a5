#include "contrans/linalg/products.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "contrans/core/error.h"

namespace contrans {
namespace {

CBLAS_TRANSPOSE blas(Op op) { return op == Op::plain ? CblasNoTrans : CblasTrans; }
int size(std::size_t n) { return static_cast<int>(n); }

template <class T>
std::string shape(BasicMatrixView<T> m, Op op) {
    return "[" + std::to_string(m.rows) + ", " + std::to_string(m.cols) + "]" + (op == Op::plain ? "" : "ᵀ");
}

void gemm(Op a_op, Op b_op, int m, int n, int k, MatrixF64View a, MatrixF64View b, MatrixF64& c) {
    cblas_dgemm(CblasRowMajor, blas(a_op), blas(b_op), m, n, k, 1.0, a.data, size(a.cols), b.data, size(b.cols), 0.0,
                c.data(), n);
}

void gemm(Op a_op, Op b_op, int m, int n, int k, MatrixView a, MatrixView b, Matrix& c) {
    cblas_sgemm(CblasRowMajor, blas(a_op), blas(b_op), m, n, k, 1.0F, a.data, size(a.cols), b.data, size(b.cols), 0.0F,
                c.data(), n);
}

template <class T>
BasicMatrix<T> checked_product(BasicMatrixView<T> a, Op a_op, BasicMatrixView<T> b, Op b_op) {
    const std::size_t m = a_op == Op::plain ? a.rows : a.cols;
    const std::size_t k = a_op == Op::plain ? a.cols : a.rows;
    const std::size_t n = b_op == Op::plain ? b.cols : b.rows;
    if (k != (b_op == Op::plain ? b.rows : b.cols)) {
        throw Error(ErrorKind::argument,
                    "multiply: inner sizes must agree, got " + shape(a, a_op) + " and " + shape(b, b_op));
    }
    BasicMatrix<T> c(m, n);
    if (m > 0 && n > 0 && k > 0) gemm(a_op, b_op, size(m), size(n), size(k), a, b, c);
    return c;
}

// Tile by tile: whole columns of a large matrix would miss the cache at every element.
constexpr std::size_t kTile = 32;

template <class Visit>
void for_tiles(std::size_t rows, std::size_t cols, Visit&& visit) {
    for (std::size_t r0 = 0; r0 < rows; r0 += kTile) {
        for (std::size_t c0 = 0; c0 < cols; c0 += kTile) {
            for (std::size_t r = r0; r < std::min(rows, r0 + kTile); ++r) {
                for (std::size_t c = c0; c < std::min(cols, c0 + kTile); ++c) visit(r, c);
            }
        }
    }
}

void mirror_upper(MatrixF64& m) {
    for_tiles(m.rows(), m.cols(), [&](std::size_t r, std::size_t c) {
        if (c < r) m(r, c) = m(c, r);
    });
}

template <class T>
double dot_f64(std::span<const T> a, std::span<const T> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

}  // namespace

MatrixF64 multiply(MatrixF64View a, Op a_op, MatrixF64View b, Op b_op) { return checked_product(a, a_op, b, b_op); }
Matrix multiply(MatrixView a, Op a_op, MatrixView b, Op b_op) { return checked_product(a, a_op, b, b_op); }

MatrixF64 self_product(MatrixF64View a, Op op) {
    const std::size_t n = op == Op::plain ? a.rows : a.cols;
    const std::size_t k = op == Op::plain ? a.cols : a.rows;
    MatrixF64 c(n, n);
    if (a.empty()) return c;
    cblas_dsyrk(CblasRowMajor, CblasUpper, blas(op), size(n), size(k), 1.0, a.data, size(a.cols), 0.0, c.data(),
                size(n));
    mirror_upper(c);
    return c;
}

std::vector<double> multiply(MatrixF64View a, Op a_op, std::span<const double> x) {
    const MatrixF64 y = checked_product(a, a_op, MatrixF64View{x.data(), x.size(), 1}, Op::plain);
    return {y.data(), y.data() + y.rows()};
}

double dot(std::span<const double> a, std::span<const double> b) { return dot_f64(a, b); }
double dot(std::span<const float> a, std::span<const float> b) { return dot_f64(a, b); }
double norm(std::span<const double> x) { return std::sqrt(dot_f64(x, x)); }
double norm(std::span<const float> x) { return std::sqrt(dot_f64(x, x)); }

Matrix gather_rows(MatrixView x, std::span<const std::size_t> index) {
    Matrix rows(index.size(), x.cols);
    for (std::size_t r = 0; r < index.size(); ++r) std::ranges::copy(x.row(index[r]), rows.row(r).begin());
    return rows;
}

MatrixF64 to_f64(MatrixView x) {
    MatrixF64 y(x.rows, x.cols);
    std::copy_n(x.data, x.rows * x.cols, y.data());
    return y;
}

Matrix transposed_f32(MatrixF64View x) {
    Matrix y(x.cols, x.rows);
    for_tiles(x.cols, x.rows, [&](std::size_t r, std::size_t c) { y(r, c) = static_cast<float>(x(c, r)); });
    return y;
}

Matrix to_f32(MatrixF64View x) {
    Matrix y(x.rows, x.cols);
    std::transform(x.data, x.data + x.rows * x.cols, y.data(), [](double v) { return static_cast<float>(v); });
    return y;
}

}  // namespace contrans
