#pragma once

#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/mapping/map_set.h"

namespace contrans {

/// The tables that map files and statistics files both hold, in keys `contrans.similarity.*` and
/// `contrans.target_scale.*`. Readers throw Error{format}.
void set_similarity(ArtefactWriter& writer, const std::vector<LayerPairSimilarity>& pairs);
[[nodiscard]] std::vector<LayerPairSimilarity> read_similarity(const ArtefactReader& reader);
void set_scale(ArtefactWriter& writer, const std::vector<LayerScale>& scales);
[[nodiscard]] std::vector<LayerScale> read_scale(const ArtefactReader& reader);

}  // namespace contrans
