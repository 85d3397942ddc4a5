#include "contrans/mapping/pair_moments.h"

#include <span>
#include <utility>

namespace contrans {
namespace {

// m += factor · a·bᵀ
void add_outer(MatrixF64& m, double factor, std::span<const double> a, std::span<const double> b) {
    for (std::size_t r = 0; r < a.size(); ++r) {
        const double scale = factor * a[r];
        if (scale == 0.0) continue;
        auto row = m.row(r);
        for (std::size_t c = 0; c < b.size(); ++c) row[c] += scale * b[c];
    }
}

void add(MatrixF64& m, const MatrixF64& other) {
    for (std::size_t i = 0; i < m.rows() * m.cols(); ++i) m.data()[i] += other.data()[i];
}

std::vector<double> difference(std::span<const double> a, std::span<const double> b) {
    std::vector<double> d(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) d[i] = a[i] - b[i];
    return d;
}

// shift + mean of the shifted rows.
std::vector<double> unshifted(std::span<const double> shifted_mean, std::span<const float> shift) {
    std::vector<double> mean(shifted_mean.begin(), shifted_mean.end());
    for (std::size_t i = 0; i < shift.size(); ++i) mean[i] += static_cast<double>(shift[i]);
    return mean;
}

// The mean of both parts, weighted by rows.
std::vector<double> merged_mean(std::span<const double> a, double rows_a, std::span<const double> b, double rows_b) {
    std::vector<double> mean(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) mean[i] = a[i] + (b[i] - a[i]) * rows_b / (rows_a + rows_b);
    return mean;
}

}  // namespace

ColumnSums column_sums(const ShiftedRows& x) {
    return {static_cast<double>(x.rows()), {x.shift.begin(), x.shift.end()}, column_means(x), column_square_sums(x)};
}

ColumnSums merge(const ColumnSums& a, const ColumnSums& b) {
    ColumnSums both{a.rows + b.rows, a.shift, merged_mean(a.mean, a.rows, b.mean, b.rows), a.squares};
    for (std::size_t i = 0; i < both.squares.size(); ++i) both.squares[i] += b.squares[i];
    return both;
}

SourceMoments source_moments(const ColumnSums& x, MatrixF64 product) {
    SourceMoments moments{x.rows, unshifted(x.mean, x.shift), std::move(product)};
    add_outer(moments.gram, -x.rows, x.mean, x.mean);
    return moments;
}

TargetMoments target_moments(const ColumnSums& x, const ColumnSums& y, MatrixF64 product) {
    TargetMoments moments{y.rows, unshifted(y.mean, y.shift), y.squares, std::move(product)};
    add_outer(moments.cross, -y.rows, x.mean, y.mean);
    for (std::size_t i = 0; i < y.mean.size(); ++i) moments.squares[i] -= y.rows * y.mean[i] * y.mean[i];
    return moments;
}

// Two parts' sums about the common mean: their own sums plus n_a·n_b/(n_a + n_b) times the means' difference squared.
SourceMoments merge(const SourceMoments& a, const SourceMoments& b) {
    if (a.rows == 0) return b;
    if (b.rows == 0) return a;
    SourceMoments both{a.rows + b.rows, merged_mean(a.mean, a.rows, b.mean, b.rows), a.gram};
    add(both.gram, b.gram);
    const std::vector<double> delta = difference(b.mean, a.mean);
    if (!both.gram.empty()) add_outer(both.gram, a.rows * b.rows / both.rows, delta, delta);
    return both;
}

TargetMoments merge(const TargetMoments& a, const SourceMoments& source_a, const TargetMoments& b,
                    const SourceMoments& source_b) {
    if (a.rows == 0) return b;
    if (b.rows == 0) return a;
    TargetMoments both{a.rows + b.rows, merged_mean(a.mean, a.rows, b.mean, b.rows), a.squares, a.cross};
    add(both.cross, b.cross);
    const double weight = a.rows * b.rows / both.rows;
    const std::vector<double> delta = difference(b.mean, a.mean);
    add_outer(both.cross, weight, difference(source_b.mean, source_a.mean), delta);
    for (std::size_t i = 0; i < delta.size(); ++i) both.squares[i] += b.squares[i] + weight * delta[i] * delta[i];
    return both;
}

MatrixF64 gram_about(const SourceMoments& x, const std::vector<double>& from_x) {
    MatrixF64 gram = x.gram;
    const std::vector<double> delta = difference(x.mean, from_x);
    add_outer(gram, x.rows, delta, delta);
    return gram;
}

MatrixF64 cross_about(const SourceMoments& x, const TargetMoments& y, const std::vector<double>& from_x,
                      const std::vector<double>& from_y) {
    MatrixF64 cross = y.cross;
    add_outer(cross, y.rows, difference(x.mean, from_x), difference(y.mean, from_y));
    return cross;
}

std::vector<double> squares_about(const TargetMoments& y, const std::vector<double>& from_y) {
    std::vector<double> squares = y.squares;
    const std::vector<double> delta = difference(y.mean, from_y);
    for (std::size_t i = 0; i < delta.size(); ++i) squares[i] += y.rows * delta[i] * delta[i];
    return squares;
}

}  // namespace contrans
