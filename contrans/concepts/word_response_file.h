#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/concepts/word_response.h"
#include "contrans/core/artefact_file.h"

namespace contrans {

// A source's responses, one a refinement of a concept, inside an artefact of another kind: keys contrans.response.*, a
// tensor "response" and, for each further one, "response.1" and so on. All tell of the same words, which are written
// once.

/// What responses must be to be written and read; nothing when they are.
[[nodiscard]] std::optional<std::string> broken_rule(std::span<const WordResponse> responses);

/// Writes nothing where there are none. They must live until the file is written, as all tensors.
void set_responses(ArtefactWriter& writer, std::span<const WordResponse> responses);

/// None in files of concepts without any; older ones have one alone. Throws as ArtefactReader does; whether they break
/// a rule is the caller's to ask.
[[nodiscard]] std::vector<WordResponse> get_responses(const ArtefactReader& reader);

}  // namespace contrans
