#pragma once

#include <cstddef>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/progress.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// How a layer's states spread over neutral texts, all positions but the first (DESIGN §4).
struct LayerSpread {
    LayerIndex layer;
    double sigma = 0;   ///< root mean square of ‖h − mean h‖
    Matrix deviations;  ///< [positions, d_model] h − mean h: a Gaussian mixture of its rows has the layer's covariance
};

/// @param texts neutral texts; Throws what harvest_tokens throws.
[[nodiscard]] std::vector<LayerSpread> measure_spread(const std::shared_ptr<const Model>& model,
                                                      std::span<const std::string> texts,
                                                      std::vector<LayerIndex> layers, std::size_t threads,
                                                      const RunContext& context);

/// A random direction with the layer's own covariance: Σ gᵢ·deviationᵢ, gᵢ standard normal. [d_model], any norm.
[[nodiscard]] std::vector<float> draw_from_covariance(const LayerSpread& spread, std::mt19937_64& random);

/// A random direction, all equally likely. [d_model], any norm.
[[nodiscard]] std::vector<float> draw_isotropic(std::size_t d_model, std::mt19937_64& random);

}  // namespace contrans
