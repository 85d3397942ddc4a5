#pragma once

#include <memory>
#include <span>
#include <string>

#include "contrans/core/progress.h"
#include "contrans/mapping/map_set.h"
#include "contrans/pipeline/gather_statistics.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// Fits maps between the two models' residual streams on texts that both read: gather_statistics() and fit_maps() in
/// one. Throws what those throw.
[[nodiscard]] MapSet build_map(const std::shared_ptr<const Model>& source, const std::shared_ptr<const Model>& target,
                               std::span<const std::string> texts, const MapRequest& request,
                               const RunContext& context);

}  // namespace contrans
