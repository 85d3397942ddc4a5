#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "apps/cli/text_columns.h"
#include "contrans/mapping/map_set.h"

namespace contrans::cli {

/// {"share_over", "source": [{"layer", "rows_masked", "dimensions": [{"dimension", "share"}]}], "target": …}: rows left
/// out as massive at each layer, and the dimensions that hold more than share_over of ‖h‖² in the others. Null in a map
/// that knows nothing of it.
[[nodiscard]] nlohmann::ordered_json massive_to_json(const MapSet& maps);

/// A line a side, for people; none for a map that knows nothing of it.
[[nodiscard]] std::vector<Fact> massive_facts(const MapSet& maps);

}  // namespace contrans::cli
