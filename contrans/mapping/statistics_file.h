#pragma once

#include <filesystem>

#include "contrans/mapping/map_statistics.h"

namespace contrans {

/// Writes statistics as GGUF: architecture `contrans-statistics`, every array of PairStatistics::visit as a key
/// `contrans.tokens.*` or `contrans.last.*` of f64, since the tensors of artefacts are f32.
/// Throws Error{numeric} for a value that is not finite; Error{io}. Nothing is left half-written.
void write_statistics(MapStatistics& statistics, const std::filesystem::path& file);

/// Throws Error{io}; Error{format} naming the file and what in it breaks a rule of the format.
[[nodiscard]] MapStatistics read_statistics(const std::filesystem::path& file);

}  // namespace contrans
