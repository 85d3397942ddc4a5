#include "contrans/linalg/shrunk_covariance.h"

#include <algorithm>
#include <string>

#include "contrans/core/error.h"
#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

std::span<const double> flat(const MatrixF64& m) { return {m.data(), m.rows() * m.cols()}; }

double trace(const MatrixF64& m) {
    double sum = 0;
    for (std::size_t i = 0; i < m.rows(); ++i) sum += m(i, i);
    return sum;
}

double mean_fourth_power(MatrixView rows) {
    double sum = 0;
    for (std::size_t r = 0; r < rows.rows; ++r) {
        const double square = dot(rows.row(r), rows.row(r));
        sum += square * square;
    }
    return sum / static_cast<double>(rows.rows);
}

double best_shrinkage(MatrixView rows, const MatrixF64& s, double mean_eigenvalue) {
    const double squares = dot(flat(s), flat(s));
    // ‖S − m·I‖² = ‖S‖² − d·m²
    const double spread = squares - static_cast<double>(s.rows()) * mean_eigenvalue * mean_eigenvalue;
    const double noise = (mean_fourth_power(rows) - squares) / static_cast<double>(rows.rows);
    return spread <= 0 ? 1.0 : std::clamp(noise / spread, kLeastShrinkage, 1.0);
}

}  // namespace

ShrunkCovariance shrunk_covariance(MatrixView rows) {
    if (rows.empty()) {
        throw Error(ErrorKind::argument, "shrunk_covariance: needs rows [n, d], got [" + std::to_string(rows.rows) +
                                             ", " + std::to_string(rows.cols) + "]");
    }
    MatrixF64 s = gram({.matrix = rows});
    for (std::size_t i = 0; i < s.rows() * s.cols(); ++i) s.data()[i] /= static_cast<double>(rows.rows);
    const double mean_eigenvalue = trace(s) / static_cast<double>(s.rows());
    if (!(mean_eigenvalue > 0)) {
        throw Error(ErrorKind::numeric,
                    "shrunk_covariance: rows must vary, the mean variance is " + std::to_string(mean_eigenvalue));
    }
    const double shrinkage = best_shrinkage(rows, s, mean_eigenvalue);
    for (std::size_t i = 0; i < s.rows() * s.cols(); ++i) s.data()[i] *= 1 - shrinkage;
    for (std::size_t i = 0; i < s.rows(); ++i) s(i, i) += shrinkage * mean_eigenvalue;
    return {std::move(s), shrinkage, rows.rows};
}

}  // namespace contrans
