#include "contrans/mapping/reduced_rank.h"

#include <algorithm>
#include <utility>

#include "contrans/linalg/products.h"
#include "contrans/linalg/symmetric_eigen.h"

namespace contrans {
namespace {

MatrixF64View first_rows(const MatrixF64& m, std::size_t n) { return {m.data(), n, m.cols()}; }

/// What each component explains of the held-out rows [k].
std::vector<double> gains(const MatrixF64& full, const MatrixF64& directions, const MatrixF64& held_out_gram,
                          const MatrixF64& held_out_cross) {
    const MatrixF64 carried = multiply(directions, Op::plain, full, Op::transposed);  // (B·V)ᵀ
    const MatrixF64 found = multiply(directions, Op::plain, held_out_cross, Op::transposed);
    const MatrixF64 squared = multiply(carried, Op::plain, held_out_gram, Op::plain);
    std::vector<double> gain;
    for (std::size_t i = 0; i < directions.rows(); ++i)
        gain.push_back(2.0 * dot(carried.view().row(i), found.view().row(i)) -
                       dot(carried.view().row(i), squared.view().row(i)));
    return gain;
}

}  // namespace

MatrixF64 fitted_directions(const MatrixF64& full, const MatrixF64& cross) {
    SymmetricEigen eigen = symmetric_eigen(multiply(full, Op::transposed, cross, Op::plain));
    MatrixF64 falling(eigen.vectors.rows(), eigen.vectors.cols());
    for (std::size_t i = 0; i < falling.rows(); ++i)
        std::ranges::copy(std::as_const(eigen.vectors).row(falling.rows() - 1 - i), falling.row(i).begin());
    return falling;
}

std::size_t best_rank(const MatrixF64& full, const MatrixF64& directions, const MatrixF64& held_out_gram,
                      const MatrixF64& held_out_cross) {
    const std::vector<double> gain = gains(full, directions, held_out_gram, held_out_cross);
    const std::size_t most = std::min(gain.size(), full.rows());
    std::size_t best = 1;
    double explained = gain.front();
    double most_explained = explained;
    for (std::size_t rank = 2; rank <= most; ++rank) {
        explained += gain[rank - 1];
        if (!(explained > most_explained)) continue;
        best = rank;
        most_explained = explained;
    }
    return best;
}

MatrixF64 limit_rank(const MatrixF64& full, const MatrixF64& directions, std::size_t rank) {
    const MatrixF64View kept = first_rows(directions, rank);
    return multiply(multiply(full, Op::plain, kept, Op::transposed), Op::plain, kept, Op::plain);
}

}  // namespace contrans
