#include "contrans/linalg/cholesky.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <string>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

void require_positive_definite(lapack_int info, const std::string& operation) {
    if (info != 0) {
        throw Error(ErrorKind::numeric,
                    operation + ": the matrix must be positive definite, pivot " + std::to_string(info) + " is not");
    }
}

std::string shape(const MatrixF64& m) { return "[" + std::to_string(m.rows()) + ", " + std::to_string(m.cols()) + "]"; }

}  // namespace

// The lower triangle of column-major LAPACK is the upper one of our row-major matrix.
CholeskyFactor::CholeskyFactor(MatrixF64 positive_definite) : upper_(std::move(positive_definite)) {
    if (upper_.empty() || upper_.rows() != upper_.cols()) {
        throw Error(ErrorKind::argument, "cholesky: the matrix must be square and not empty, got " + shape(upper_));
    }
    const auto order = static_cast<lapack_int>(upper_.rows());
    require_positive_definite(LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', order, upper_.data(), order), "cholesky");
}

MatrixF64 CholeskyFactor::solve(MatrixF64 right_sides) const {
    if (right_sides.rows() != upper_.rows()) {
        throw Error(ErrorKind::argument,
                    "cholesky: S and right sides must agree, got " + shape(upper_) + " and " + shape(right_sides));
    }
    const auto d = static_cast<int>(upper_.rows());
    const auto m = static_cast<int>(right_sides.cols());
    for (const CBLAS_TRANSPOSE op : {CblasTrans, CblasNoTrans}) {
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, op, CblasNonUnit, d, m, 1.0, upper_.data(), d,
                    right_sides.data(), m);
    }
    return right_sides;
}

double CholeskyFactor::least_pivot() const {
    double least = upper_(0, 0);
    for (std::size_t i = 1; i < upper_.rows(); ++i) least = std::min(least, upper_(i, i));
    return least * least;
}

MatrixF64 cholesky_solve(MatrixF64 positive_definite, MatrixF64 right_sides) {
    const std::size_t d = positive_definite.rows();
    if (d == 0 || positive_definite.cols() != d || right_sides.cols() != d) {
        throw Error(ErrorKind::argument, "cholesky_solve: needs S [d, d] and right sides [m, d], got " +
                                             shape(positive_definite) + " and " + shape(right_sides));
    }
    // A right side a row is a right side a column to column-major LAPACK.
    const auto order = static_cast<lapack_int>(d);
    const lapack_int info = LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', order, static_cast<lapack_int>(right_sides.rows()),
                                          positive_definite.data(), order, right_sides.data(), order);
    require_positive_definite(info, "cholesky_solve");
    return right_sides;
}

}  // namespace contrans
