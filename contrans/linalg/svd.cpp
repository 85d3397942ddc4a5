#include "contrans/linalg/svd.h"

#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "contrans/core/error.h"

namespace contrans {

ThinSvd thin_svd(MatrixF64 x) {
    if (x.empty()) throw Error(ErrorKind::argument, "thin_svd: the matrix must not be empty");
    if (!std::all_of(x.data(), x.data() + x.rows() * x.cols(), [](double v) { return std::isfinite(v); })) {
        throw Error(ErrorKind::numeric, "thin_svd: values must be finite");
    }
    const std::size_t k = std::min(x.rows(), x.cols());
    ThinSvd svd{MatrixF64(x.rows(), k), std::vector<double>(k), MatrixF64(k, x.cols())};
    // To column-major LAPACK our row-major X is Xᵀ = V·S·Uᵀ: its left vectors are our vt, its right ones our u.
    const auto m = static_cast<lapack_int>(x.cols());
    const auto n = static_cast<lapack_int>(x.rows());
    const lapack_int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', m, n, x.data(), m, svd.values.data(), svd.vt.data(),
                                           m, svd.u.data(), static_cast<lapack_int>(k));
    if (info != 0) throw Error(ErrorKind::numeric, "thin_svd: LAPACK did not converge, info " + std::to_string(info));
    return svd;
}

}  // namespace contrans
