#pragma once

#include <span>

#include "contrans/mapping/affine_map.h"
#include "contrans/mapping/map_set.h"

namespace contrans {

/// second ∘ first: x ↦ A₂·(A₁·x + b₁) + b₂. f64 products, f32 stored. Throws Error{argument} when the widths between
/// differ.
[[nodiscard]] AffineMap compose(const AffineMap& first, const AffineMap& second);

/// Maps by way of other models: every entry of the first set is continued by the entries of the second of the same kind
/// that start at the layer where it ends, and so on; `via` keeps the layers between.
///
/// Rows and rank are the least of the parts'; scores are unknown, since nobody measured the whole (MapSet::derivation);
/// the spread is the last set's; the corpora's shingles are united, so that the leak check sees them all; there is no
/// similarity. The shuffled control tears the first leg alone: second ∘ shuffled first.
/// @param legs  in the order of the way
/// Throws Error{argument} for fewer than two sets, one without entries, or none that meet, naming the layers; Error
/// {model} when one set's target is not the next one's source, unless `policy` allows; Error{numeric} for a product
/// that is not finite.
[[nodiscard]] MapSet compose(std::span<const MapSet> legs, IdentityMismatch policy);

}  // namespace contrans
