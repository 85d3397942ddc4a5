#pragma once

#include <span>
#include <string>

#include "contrans/evaluation/results.h"

namespace contrans {

/// Similarity of source and target layers as an HTML table with a scale: rows are source layers from the last to the
/// first, columns target layers; layer pairs that vectors use are outlined and named. "" for no cells.
[[nodiscard]] std::string heat_map_html(std::span<const LayerSimilarity> cells);

}  // namespace contrans
