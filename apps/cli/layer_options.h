#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"

namespace contrans::cli {

/// The layers of "A:B" (B included), "A" or a list of these, rising; none for an empty text. `option` names it in
/// messages. Throws Error{argument} for another shape or A > B.
[[nodiscard]] std::vector<LayerIndex> parse_layers(const std::string& option, const std::string& text);

/// Throws Error{argument} naming option, model and layer unless the model has all of them.
void require_layers(const std::string& option, const std::vector<LayerIndex>& layers, const ModelIdentity& model);

/// An option's number as a layer.
[[nodiscard]] std::optional<LayerIndex> layer_or_none(std::optional<std::size_t> number);

}  // namespace contrans::cli
