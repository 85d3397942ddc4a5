#pragma once

#include <nlohmann/json.hpp>

#include "contrans/core/model_identity.h"

namespace contrans::cli {

/// {name, architecture, fingerprint, d_model, n_layers}
[[nodiscard]] nlohmann::ordered_json identity_to_json(const ModelIdentity& identity);

}  // namespace contrans::cli
