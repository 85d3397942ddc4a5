#include "contrans/linalg/random_rotation.h"

#include <lapacke.h>

#include <string>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/linalg/random_normal.h"

namespace contrans {
namespace {

MatrixF64 gaussian(std::size_t rows, std::size_t cols, RandomEngine& engine) {
    MatrixF64 m(rows, cols);
    for (std::size_t i = 0; i < rows * cols; ++i) m.data()[i] = standard_normal(engine);
    return m;
}

void require_done(lapack_int info) {
    if (info != 0) throw Error(ErrorKind::numeric, "random_rotation: LAPACK failed, info " + std::to_string(info));
}

}  // namespace

// Column-major LAPACK sees our rows as columns: what it makes orthonormal are our rows.
MatrixF64 random_rotation(std::size_t rows, std::size_t cols, RandomEngine& engine) {
    if (rows == 0 || rows > cols) {
        throw Error(ErrorKind::argument,
                    "random_rotation: needs at least one row and no more rows than columns, got [" +
                        std::to_string(rows) + ", " + std::to_string(cols) + "]");
    }
    MatrixF64 q = gaussian(rows, cols, engine);
    const auto m = static_cast<lapack_int>(cols);
    const auto n = static_cast<lapack_int>(rows);
    std::vector<double> reflectors(rows);
    require_done(LAPACKE_dgeqrf(LAPACK_COL_MAJOR, m, n, q.data(), m, reflectors.data()));
    std::vector<double> signs;
    for (std::size_t i = 0; i < rows; ++i) signs.push_back(q(i, i) < 0 ? -1.0 : 1.0);
    require_done(LAPACKE_dorgqr(LAPACK_COL_MAJOR, m, n, n, q.data(), m, reflectors.data()));
    for (std::size_t i = 0; i < rows; ++i) {
        for (double& x : q.row(i)) x *= signs[i];
    }
    return q;
}

}  // namespace contrans
