#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "contrans/core/progress.h"
#include "contrans/mapping/map_set.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/twin.h"

namespace contrans {

/// The map from a model to its twin that is known without a fit: at every layer, to the same layer, A the twin's
/// rotation [D, d], b = 0. The shuffled control is the rotation of the next seed.
///
/// σ is measured on the neutral texts as gather_statistics does it. So is the evidence, which says how true the map is
/// of this twin: both models' states on those texts, about their means; `directional` is the mean cosine of carried and
/// true states. Without noise all of it is 1 but for rounding.
/// @param twin     of write_twin() with these options
/// @param neutral  texts; empty: the built-in development texts
/// Throws Error{argument} when the twin is not of the model's depth; what measure_spread throws.
[[nodiscard]] MapSet known_map(const std::shared_ptr<const Model>& model, const std::shared_ptr<const Model>& twin,
                               const TwinOptions& options, std::span<const std::string> neutral, std::size_t threads,
                               const RunContext& context);

}  // namespace contrans
