#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/steering.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// Throws Error{model} when an offset of this width at this layer does not fit the model. @param name  as below
void require_layer_fits(LayerIndex layer, std::size_t width, const std::string& name, const ModelIdentity& model);

/// Throws Error{model} when the vector was made for another model (unless `policy` allows), or its width or a layer do
/// not fit this one. @param name  how messages call the vector: its file
void require_fits(const ControlVector& vector, const std::string& name, const ModelIdentity& model,
                  IdentityMismatch policy);

/// All vectors as one plan, offsets at the same layer added. Null when nothing is left to add.
[[nodiscard]] std::shared_ptr<const SteeringPlan> combined_plan(std::span<const ControlVector> vectors);

/// Layers that at least two of the vectors steer, rising.
[[nodiscard]] std::vector<LayerIndex> shared_layers(std::span<const ControlVector> vectors);

/// Places of the vectors that steer a layer, rising, and their offsets there.
struct LayerMembers {
    std::vector<std::size_t> vectors;
    Matrix offsets;  ///< [vectors, d_target]
};

/// Throws Error{argument} when their widths differ.
[[nodiscard]] LayerMembers members_at(std::span<const ControlVector> vectors, LayerIndex layer);

}  // namespace contrans
