#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "contrans/mapping/affine_map.h"
#include "contrans/mapping/map_set.h"

namespace contrans {

struct InverseOptions {
    std::optional<std::size_t> rank;  ///< singular values kept, at least 1; nothing: by the floor
    double floor = 0.01;              ///< without a rank: those of at least this share of the largest, in (0, 1]
};

/// A map in the other direction and how many singular values it kept.
struct InverseMap {
    AffineMap map;
    std::size_t rank = 0;
};

/// The pseudo-inverse by truncated SVD: A = U·diag(s)·Vᵀ gives A⁺ = V_r·diag(1/s_r)·U_rᵀ, and x = A⁺·y − A⁺·b.
///
/// A least-squares map shrinks what it cannot predict, and its inverse enlarges it: 1/s of a small s is mostly noise,
/// hence the truncation. Where the two models' statistics are at hand, fitting in the other direction is better.
/// Throws Error{argument} for a rank that is 0 or over min(d_source, d_target) or a floor outside (0, 1],
/// Error{numeric} when A has fewer singular values over 0 (1e-6 of the largest) than the rank.
[[nodiscard]] InverseMap invert(const AffineMap& map, const InverseOptions& options);

/// All entries the other way round, the shuffled ones likewise. Rows stay, rank is what was kept, scores are unknown
/// (MapSet::derivation), there is no similarity, shingles stay.
/// @param scales  the spread of the old source's layers, which are the new target's: measured on the model
/// Throws as above, and Error{argument} for a set without entries or a layer without scale.
[[nodiscard]] MapSet invert(const MapSet& maps, std::vector<LayerScale> scales, const InverseOptions& options);

/// Layers that a set's maps start from, rising: those that `scales` must name.
[[nodiscard]] std::vector<LayerIndex> source_layers(const MapSet& maps);

}  // namespace contrans
