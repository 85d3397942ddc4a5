#pragma once

#include <filesystem>

#include "contrans/core/model_identity.h"
#include "contrans/mapping/map_set.h"

namespace contrans {

/// Writes a map set as GGUF: architecture `contrans-map`, for entry i tensors `map.i.a` [d_target, d_source],
/// `map.i.b` [d_target], `map.i.shuffled.a` and `map.i.shuffled.b`, all else in `contrans.*` keys. Matrices are written
/// from where they lie, without a copy. Throws Error{argument} when a map's widths are not the models', a layer is none
/// of theirs or the shingles are not sorted; Error{numeric} for a value that is not finite; Error{io}. Nothing is left
/// half-written.
void write_map_set(const MapSet& maps, const std::filesystem::path& file);

/// Throws Error{io}; Error{format} naming the file and what in it breaks a rule of the format.
[[nodiscard]] MapSet read_map_set(const std::filesystem::path& file);

/// The two models a map set belongs to.
struct MapIdentities {
    ModelIdentity source;
    ModelIdentity target;
};

/// As read_map_set(), without reading a matrix.
[[nodiscard]] MapIdentities read_map_identities(const std::filesystem::path& file);

}  // namespace contrans
