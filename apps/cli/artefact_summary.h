#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/text_columns.h"

namespace contrans::cli {

/// What `inspect` says of a file.
struct ArtefactSummary {
    std::string kind;             ///< "concept", "map", "control vector", "controls", "model" or "GGUF"
    std::vector<Fact> facts;      ///< for people
    std::string table;            ///< for people: layers or maps; may be empty
    nlohmann::ordered_json json;  ///< the same for scripts, but for tensor data
};

/// Reads an artefact of ours, a model or any other GGUF file. Our artefacts are read whole, so that what is wrong with
/// one is found. Throws what their readers throw.
[[nodiscard]] ArtefactSummary summarise_artefact(const std::filesystem::path& file);

}  // namespace contrans::cli
