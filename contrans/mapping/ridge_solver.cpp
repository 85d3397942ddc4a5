#include "contrans/mapping/ridge_solver.h"

#include <cmath>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/mapping/scaling.h"
#include "contrans/mapping/shrinkage.h"

namespace contrans {
namespace {

// What a dimension must have of its own beside all others, as a share of its variance: Cholesky then keeps 7 digits.
// The rounding of f32 states is 1e-14 of it.
constexpr double kLeastPivot = 1e-9;

double mean_of_diagonal(const MatrixF64& gram) {
    double sum = 0;
    for (std::size_t i = 0; i < gram.rows(); ++i) sum += gram(i, i);
    return sum / static_cast<double>(gram.rows());
}

/// Inverse roots of the diagonal; nothing when a dimension is as good as empty.
std::vector<double> inverse_roots(const MatrixF64& gram, double cutoff) {
    double largest = 0;
    for (std::size_t i = 0; i < gram.rows(); ++i) largest = std::max(largest, gram(i, i));
    std::vector<double> inverse;
    for (std::size_t i = 0; i < gram.rows(); ++i) {
        if (!(gram(i, i) > cutoff * largest)) return {};
        inverse.push_back(1.0 / std::sqrt(gram(i, i)));
    }
    return inverse;
}

}  // namespace

RidgeSolver::RidgeSolver(MatrixF64 gram, double cutoff) : cutoff_(cutoff), mean_eigenvalue_(mean_of_diagonal(gram)) {
    if (!(mean_eigenvalue_ > 0)) throw Error(ErrorKind::numeric, "fit: the source rows must not be all alike");
    if (try_cholesky(gram)) {
        rank_ = gram.rows();
    } else {
        scaled_ = {};
        eigen_ = symmetric_eigen(std::move(gram));
        rank_ = numerical_rank(eigen_.values, cutoff);
    }
}

bool RidgeSolver::try_cholesky(const MatrixF64& gram) {
    scale_ = inverse_roots(gram, cutoff_);
    if (scale_.empty()) return false;
    scaled_ = scale_rows(scale_columns(gram, scale_), scale_);
    try {
        plain_.emplace(scaled_);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::numeric) throw;
        return false;
    }
    if (plain_->least_pivot() > kLeastPivot) return true;
    plain_.reset();
    return false;
}

CholeskyFactor RidgeSolver::factor(double penalty) const {
    MatrixF64 penalised = scaled_;
    for (std::size_t i = 0; i < scale_.size(); ++i)
        penalised(i, i) += penalty * mean_eigenvalue_ * scale_[i] * scale_[i];
    return CholeskyFactor(std::move(penalised));
}

std::vector<MatrixF64> RidgeSolver::solve(std::vector<MatrixF64> rights, double penalty) const {
    if (!plain_) {
        const std::vector<double> weights = shrinkage(eigen_.values, penalty, cutoff_);
        const MatrixF64& e = eigen_.vectors;
        for (MatrixF64& right : rights)
            right =
                multiply(e, Op::transposed, scale_rows(multiply(e, Op::plain, right, Op::plain), weights), Op::plain);
        return rights;
    }
    std::optional<CholeskyFactor> penalised;
    if (penalty != 0) penalised.emplace(factor(penalty));
    const CholeskyFactor& s = penalised ? *penalised : *plain_;
    for (MatrixF64& right : rights) right = scale_rows(s.solve(scale_rows(std::move(right), scale_)), scale_);
    return rights;
}

}  // namespace contrans
