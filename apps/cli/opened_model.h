#pragma once

#include <filesystem>
#include <memory>

#include "apps/cli/session.h"
#include "contrans/runtime/model.h"

namespace contrans::cli {

/// The model as the global options want it. Throws what Model::load throws.
[[nodiscard]] std::shared_ptr<const Model> open_model(const Session& session, const std::filesystem::path& file);
/// With these weights, whatever --keep-quants says.
[[nodiscard]] std::shared_ptr<const Model> open_model(const Session& session, const std::filesystem::path& file,
                                                      WeightMode weights);

}  // namespace contrans::cli
