#include "contrans/linalg/symmetric_eigen.h"

#include <lapacke.h>

#include <cmath>
#include <string>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

lapack_int checked_order(const MatrixF64& s) {
    if (s.empty() || s.rows() != s.cols()) {
        throw Error(ErrorKind::argument, "symmetric_eigen: the matrix must be square and not empty, got [" +
                                             std::to_string(s.rows()) + ", " + std::to_string(s.cols()) + "]");
    }
    for (std::size_t i = 0; i < s.rows() * s.cols(); ++i) {
        if (!std::isfinite(s.data()[i])) {
            throw Error(ErrorKind::numeric,
                        "symmetric_eigen: values must be finite, row " + std::to_string(i / s.cols()) + " is not");
        }
    }
    return static_cast<lapack_int>(s.rows());
}

void require_converged(lapack_int info) {
    if (info != 0) {
        throw Error(ErrorKind::numeric, "symmetric_eigen: LAPACK did not converge, info " + std::to_string(info));
    }
}

}  // namespace

// Column-major LAPACK leaves eigenvector i in column i, which is row i of our row-major matrix.
SymmetricEigen symmetric_eigen(MatrixF64 symmetric) {
    const lapack_int d = checked_order(symmetric);
    SymmetricEigen result;
    result.values.resize(symmetric.rows());
    require_converged(LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', d, symmetric.data(), d, result.values.data()));
    result.vectors = std::move(symmetric);
    return result;
}

EigenPair largest_eigenpair(MatrixF64 symmetric) {
    const lapack_int d = checked_order(symmetric);
    EigenPair result;
    result.vector.resize(symmetric.rows());
    std::vector<double> values(symmetric.rows());
    lapack_int found = 0;
    lapack_int support[2] = {0, 0};
    require_converged(LAPACKE_dsyevr(LAPACK_COL_MAJOR, 'V', 'I', 'L', d, symmetric.data(), d, 0.0, 0.0, d, d, 0.0,
                                     &found, values.data(), result.vector.data(), d, support));
    result.value = values.front();
    return result;
}

}  // namespace contrans
