#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/whitened_metric.h"

namespace contrans {

/// The metric of each layer's own activations, from its states on neutral texts, all positions but the first: the
/// deviations that drawn controls are drawn from too (target_spread.h). No layers: nothing is read.
/// @param neutral  empty: the built-in development texts
/// Throws what measure_spread and shrunk_covariance throw.
[[nodiscard]] LayerMetrics measure_metrics(const std::shared_ptr<const Model>& model,
                                           std::span<const std::string> neutral, const std::vector<LayerIndex>& layers,
                                           std::size_t threads, const RunContext& context);

}  // namespace contrans
