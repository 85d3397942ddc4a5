#include "contrans/linalg/cholesky.h"

#include <lapacke.h>

#include <string>

#include "contrans/core/error.h"

namespace contrans {

MatrixF64 cholesky_solve(MatrixF64 positive_definite, MatrixF64 right_sides) {
    const std::size_t d = positive_definite.rows();
    if (d == 0 || positive_definite.cols() != d || right_sides.cols() != d) {
        throw Error(ErrorKind::argument, "cholesky_solve: needs S [d, d] and right sides [m, d], got [" +
                                             std::to_string(d) + ", " + std::to_string(positive_definite.cols()) +
                                             "] and [" + std::to_string(right_sides.rows()) + ", " +
                                             std::to_string(right_sides.cols()) + "]");
    }
    // A right side a row is a right side a column to column-major LAPACK.
    const auto order = static_cast<lapack_int>(d);
    const lapack_int info = LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', order, static_cast<lapack_int>(right_sides.rows()),
                                          positive_definite.data(), order, right_sides.data(), order);
    if (info != 0) {
        throw Error(ErrorKind::numeric,
                    "cholesky_solve: the matrix must be positive definite, pivot " + std::to_string(info) + " is not");
    }
    return right_sides;
}

}  // namespace contrans
