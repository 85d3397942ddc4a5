#pragma once

#include <optional>
#include <span>
#include <vector>

#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/whitened_metric.h"

namespace contrans {

/// [vectors][vectors], symmetric, 1 on the diagonal; nothing where two steer no layer in common.
using CosineTable = std::vector<std::vector<std::optional<double>>>;

/// How far vectors that steer one model point the same way (1), apart (0) or against each other (−1):
///
///   cos(a, b) = ⟨a, b⟩ / √(⟨a, a⟩·⟨b, b⟩),   ⟨a, b⟩ = Σ_l a_lᵀ·M_l·b_l  over the layers l that both steer,
///
/// raw with M_l = I / σ_l², whitened with M_l = Σ_l⁻¹, Σ_l the covariance of the target's states at layer l on neutral
/// development texts, shrunk (linalg/shrunk_covariance.h), and σ_l² = tr Σ_l. At one layer, as `transplant` writes
/// vectors, raw is the plain cosine.
struct ConflictMatrix {
    CosineTable raw;
    CosineTable whitened;
};

/// @param metrics  of all shared_layers(vectors)
/// Throws Error{argument} when a layer's metric is missing or widths differ, Error{numeric} naming the vector whose
/// offset has no length.
[[nodiscard]] ConflictMatrix conflict_matrix(std::span<const ControlVector> vectors, const LayerMetrics& metrics);

/// The raw cosines alone, from what the files know: σ_l of a vector that steers layer l and has it. Layers whose σ is
/// in no file are left out where others' is known, and all count alike where none is. Nothing for a vector without
/// length. Throws Error{argument} when widths differ.
[[nodiscard]] CosineTable raw_cosines(std::span<const ControlVector> vectors);

/// The metric of a layer. Throws Error{argument} when it is missing.
[[nodiscard]] const WhitenedMetric& metric_of(const LayerMetrics& metrics, LayerIndex layer);

}  // namespace contrans
