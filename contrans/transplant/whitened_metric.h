#pragma once

#include <cstddef>
#include <map>

#include "contrans/core/layer_index.h"
#include "contrans/linalg/matrix.h"
#include "contrans/linalg/shrunk_covariance.h"

namespace contrans {

/// The metric of one layer's own activations: ⟨a, b⟩ = aᵀ·Σ⁻¹·b, with Σ their shrunk covariance. A length counts in
/// standard deviations of what the layer does by itself, so that a few giant dimensions do not decide every cosine.
/// Immutable; safe to share between threads.
class WhitenedMetric {
public:
    /// @param covariance  of the layer's states on neutral texts, about their mean
    explicit WhitenedMetric(ShrunkCovariance covariance);

    [[nodiscard]] std::size_t width() const { return covariance_.matrix.rows(); }
    [[nodiscard]] std::size_t rows() const { return covariance_.rows; }       ///< states it was measured on
    [[nodiscard]] double shrinkage() const { return covariance_.shrinkage; }  ///< λ
    [[nodiscard]] double sigma() const { return sigma_; }                     ///< the layer's spread, √tr Σ

    /// V·Σ⁻¹·Vᵀ [k, k] of rows V [k, width], f64. Throws Error{argument} for another width.
    [[nodiscard]] MatrixF64 gram(MatrixView vectors) const;

private:
    ShrunkCovariance covariance_;
    double sigma_;
};

using LayerMetrics = std::map<LayerIndex, WhitenedMetric>;

}  // namespace contrans
