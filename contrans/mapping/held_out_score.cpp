#include "contrans/mapping/held_out_score.h"

#include <cmath>
#include <utility>

#include "contrans/linalg/products.h"
#include "contrans/mapping/scaling.h"

namespace contrans {
namespace {

std::vector<double> roots(std::span<const double> weights) {
    std::vector<double> roots;
    for (const double weight : weights) roots.push_back(std::sqrt(weight));
    return roots;
}

// Σ_j w_j·a_j·b_j
double weighted_dot(std::span<const double> weights, std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * a[j] * b[j];
    return sum;
}

}  // namespace

HeldOutScore::HeldOutScore(const MatrixF64& projected, const MatrixF64& held_out_gram, const MatrixF64& held_out_cross,
                           std::span<const double> held_out_squares, std::span<const double> weights)
    : quadratic_(self_product(scale_columns(projected, roots(weights)), Op::plain)),
      constant_(dot(weights, held_out_squares)) {
    for (std::size_t i = 0; i < projected.rows(); ++i)
        linear_.push_back(weighted_dot(weights, projected.row(i), held_out_cross.row(i)));
    for (std::size_t i = 0; i < quadratic_.rows() * quadratic_.cols(); ++i) {
        quadratic_.data()[i] *= held_out_gram.data()[i];
    }
}

double HeldOutScore::operator()(std::span<const double> shrinkage) const {
    const std::vector<double> product = multiply(quadratic_, Op::plain, shrinkage);
    return 1.0 - (constant_ - 2.0 * dot(shrinkage, linear_) + dot(shrinkage, product));
}

std::vector<double> HeldOutScore::operator()(const MatrixF64& shrinkages) const {
    const MatrixF64 products = multiply(shrinkages, Op::plain, quadratic_, Op::plain);
    std::vector<double> scores;
    for (std::size_t n = 0; n < shrinkages.rows(); ++n) {
        const auto d = shrinkages.row(n);
        scores.push_back(1.0 - (constant_ - 2.0 * dot(d, linear_) + dot(d, products.row(n))));
    }
    return scores;
}

}  // namespace contrans
