#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/registry/registry.h"

namespace contrans {

/// Where in a tar each content lies, by sha256.
using PathsInArchive = std::map<std::string, std::string>;

/// The content of registry.json.
[[nodiscard]] std::string archive_list_text(const RegistryContents& contents, const PathsInArchive& paths);

/// The inverse, but for what files say of themselves: of that their kind alone.
struct ArchiveList {
    RegistryContents contents;  ///< without personas where the file is of a program that knew none
    PathsInArchive paths;
};
/// @param origin  for messages. Throws Error{format} naming origin and key for what breaks a rule.
[[nodiscard]] ArchiveList parse_archive_list(std::string_view text, const std::string& origin);

}  // namespace contrans
