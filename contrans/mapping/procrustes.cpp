#include "contrans/mapping/procrustes.h"

#include <algorithm>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/svd.h"

namespace contrans {
namespace {

/// The rank of what the SVD saw: directions below it are rounding, and would be rotated at random.
std::size_t rank_of(std::span<const double> values) {
    return static_cast<std::size_t>(
        std::ranges::count_if(values, [&](double value) { return value > 1e-10 * values.front(); }));
}

}  // namespace

MatrixF64 procrustes(const MatrixF64& cross, std::span<const double> inverse_sd_x,
                     std::span<const double> inverse_sd_y) {
    MatrixF64 standard = cross;
    for (std::size_t i = 0; i < cross.rows(); ++i) {
        for (std::size_t j = 0; j < cross.cols(); ++j) standard(i, j) *= inverse_sd_x[i] * inverse_sd_y[j];
    }
    ThinSvd svd = thin_svd(std::move(standard));
    if (!(svd.values.front() > 0))
        throw Error(ErrorKind::numeric, "procrustes: source and target rows must have something in common");
    const std::size_t rank = rank_of(svd.values);
    for (std::size_t i = 0; i < svd.u.rows(); ++i)
        std::fill(svd.u.row(i).begin() + static_cast<std::ptrdiff_t>(rank), svd.u.row(i).end(), 0.0);
    MatrixF64 rotation = multiply(svd.u, Op::plain, svd.vt, Op::plain);
    for (std::size_t i = 0; i < rotation.rows(); ++i) {
        for (std::size_t j = 0; j < rotation.cols(); ++j)
            rotation(i, j) *= inverse_sd_y[j] > 0 ? inverse_sd_x[i] / inverse_sd_y[j] : 0.0;
    }
    return rotation;
}

}  // namespace contrans
