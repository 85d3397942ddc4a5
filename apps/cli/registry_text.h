#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "contrans/registry/registry.h"

namespace contrans::cli {

/// A version for scripts, with all that its files say of themselves.
[[nodiscard]] nlohmann::ordered_json version_json(const ConceptVersion& version);
/// The same for people.
[[nodiscard]] std::string version_text(const ConceptVersion& version);
/// A line a version.
[[nodiscard]] std::string versions_table(const std::vector<ConceptVersion>& versions);

}  // namespace contrans::cli
