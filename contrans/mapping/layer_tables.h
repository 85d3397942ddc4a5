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

/// What is massive at the layers of one side, "source" or "target".
void set_massive(ArtefactWriter& writer, const std::string& side, const std::vector<LayerMassive>& layers);
/// Nothing where an older file has none.
[[nodiscard]] std::vector<LayerMassive> read_massive(const ArtefactReader& reader, const std::string& side);

}  // namespace contrans
