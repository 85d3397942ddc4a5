#pragma once

#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"
#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/whitened_metric.h"

namespace contrans {

/// Vectors count as collinear where the smallest eigenvalue of their whitened cosines is below this; of two, where
/// their cosine passes 0.9999. What is left of one beside the other would then be noise, a hundred times enlarged.
inline constexpr double kLeastIndependence = 1e-4;

/// Symmetric orthogonalisation (Löwdin, On the non-orthogonality problem, 1950): with û_i = v_i / ‖v_i‖ in the metric
/// and C their cosines [k, k],
///
///   u = C^(−1/2) · û,   ⟨u_i, u_j⟩ = δ_ij,   Σ_i ‖u_i − û_i‖² is the least that any orthonormal set reaches.
///
/// No vector comes first, unlike with Gram and Schmidt. @param vectors [k, width] f32
/// @return u [k, width] f64. Throws Error{argument} for another width or no row, Error{numeric} for a vector of no
/// length or a set that is collinear.
[[nodiscard]] MatrixF64 symmetric_orthonormal(MatrixView vectors, const WhitenedMetric& metric);

/// At every layer that several of the vectors steer these become orthogonal in the layer's metric, jointly; each
/// offset keeps its Euclidean length, and so its dose. What one vector steers alone stays as it is. Provenance stays
/// but for what was measured of the old offset; `combination` says the rest.
/// @param metrics  of all shared_layers(vectors)   @param target  the model they were measured in, the new vectors'
/// Throws Error{argument} for fewer than two vectors, one that shares no layer with another, or one at layer 0;
/// Error{numeric} naming layer and vectors where they are collinear or have no length.
[[nodiscard]] std::vector<ControlVector> orthogonalise(std::span<const ControlVector> vectors,
                                                       const LayerMetrics& metrics, const ModelIdentity& target);

}  // namespace contrans
