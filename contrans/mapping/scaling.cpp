#include "contrans/mapping/scaling.h"

namespace contrans {

MatrixF64 scale_rows(MatrixF64 m, std::span<const double> factors) {
    for (std::size_t r = 0; r < m.rows(); ++r) {
        for (double& value : m.row(r)) value *= factors[r];
    }
    return m;
}

MatrixF64 scale_columns(MatrixF64 m, std::span<const double> factors) {
    for (std::size_t r = 0; r < m.rows(); ++r) {
        auto row = m.row(r);
        for (std::size_t c = 0; c < row.size(); ++c) row[c] *= factors[c];
    }
    return m;
}

}  // namespace contrans
