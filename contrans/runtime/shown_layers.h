#pragma once

#include <memory>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// That the model shows its residual stream at these layers: llama.cpp names no `l_out` in some architectures, encoders
/// above all. Reads one token, so that work which takes long need not begin.
/// Throws Error{model} naming the model, and what Engine throws.
void require_shown_layers(const std::shared_ptr<const Model>& model, const std::vector<LayerIndex>& layers);

}  // namespace contrans
