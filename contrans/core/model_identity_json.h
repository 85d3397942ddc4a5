#pragma once

#include <nlohmann/json_fwd.hpp>

#include "contrans/core/json_reader.h"
#include "contrans/core/model_identity.h"

namespace contrans {

/// {name, architecture, fingerprint, d_model, n_layers}
[[nodiscard]] nlohmann::ordered_json identity_to_json(const ModelIdentity& model);
/// The inverse. Throws what JsonReader throws.
[[nodiscard]] ModelIdentity identity_from_json(const JsonReader& json);

}  // namespace contrans
