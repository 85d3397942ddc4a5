#pragma once

#include <filesystem>

#include "contrans/concepts/concept_vector.h"

namespace contrans {

/// Writes a concept vector as GGUF: architecture `contrans-concept`, tensors `direction.N` [d_source] and, where a
/// layer has them, `shuffled.N` [draws, d_source]; the same of alternative i under `alternative.i.`; all else in
/// `contrans.*` keys. Throws Error{argument} when there is no layer, layers do not rise, the suggested one is missing,
/// an alternative has other layers or a width is not the source's d_model; Error{numeric} for a value that is not
/// finite; Error{io}. Nothing is left half-written.
void write_concept_vector(const ConceptVector& vector, const std::filesystem::path& file);

/// Throws Error{io}; Error{format} naming the file and what in it breaks a rule of the format.
[[nodiscard]] ConceptVector read_concept_vector(const std::filesystem::path& file);

}  // namespace contrans
