#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace contrans {

enum class ArtefactKind { concept_vector, map, vector, controls, report };

/// "concept", "map", "vector", "controls", "report".
[[nodiscard]] std::string to_string(ArtefactKind kind);
/// Throws Error{argument}.
[[nodiscard]] ArtefactKind parse_artefact_kind(const std::string& name);

/// A model that an artefact was made with; both empty: none is known.
struct NamedModel {
    std::string fingerprint;
    std::string name;
};

struct ArtefactFact {
    std::string name;
    std::string value;
};

/// What a file says of itself.
struct ArtefactDescription {
    ArtefactKind kind = ArtefactKind::vector;
    NamedModel source;
    NamedModel target;
    std::vector<ArtefactFact> facts;  ///< provenance and evidence, for people
};

/// Reads the artefact whole, so that what is wrong with one is found. Throws what the kinds' readers throw, and
/// Error{format} for a file of another kind.
[[nodiscard]] ArtefactDescription describe_artefact(const std::filesystem::path& file);

}  // namespace contrans
