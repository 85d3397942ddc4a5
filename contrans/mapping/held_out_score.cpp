#include "contrans/mapping/held_out_score.h"

#include <cmath>

#include "contrans/linalg/products.h"

namespace contrans {

HeldOutScore::HeldOutScore(const MatrixF64& projected, const MatrixF64& held_out_gram, const MatrixF64& held_out_cross,
                           std::span<const double> held_out_squares, std::span<const double> weights)
    : linear_(projected.rows(), 0.0), constant_(dot(weights, held_out_squares)) {
    MatrixF64 weighted = projected;
    for (std::size_t i = 0; i < projected.rows(); ++i) {
        for (std::size_t j = 0; j < weights.size(); ++j) weighted(i, j) *= weights[j];
        linear_[i] = dot(weighted.view().row(i), held_out_cross.row(i));
    }
    quadratic_ = multiply(weighted, Op::plain, projected, Op::transposed);
    for (std::size_t i = 0; i < quadratic_.rows() * quadratic_.cols(); ++i) {
        quadratic_.data()[i] *= held_out_gram.data()[i];
    }
}

double HeldOutScore::operator()(std::span<const double> shrinkage) const {
    const std::vector<double> product = multiply(quadratic_, Op::plain, shrinkage);
    return 1.0 - (constant_ - 2.0 * dot(shrinkage, linear_) + dot(shrinkage, product));
}

}  // namespace contrans
