#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace contrans {

/// Which version of a concept is meant: "happy" (the newest), "happy@2", "happy@production" (where a tag points).
struct VersionReference {
    std::string name;
    std::int64_t version = 0;  ///< 0: not by number
    std::string tag;           ///< empty: not by tag
};

/// Throws Error{argument} for a name or tag that breaks its rule.
[[nodiscard]] VersionReference parse_version_reference(const std::string& text);
/// "happy@2"
[[nodiscard]] std::string version_name(const std::string& name, std::int64_t version);

/// A concept's name: 1 to 128 letters, digits, '-', '_' and '.', as requests name it. Throws Error{argument}.
void require_concept_name(std::string_view name);
/// A persona's name: the same. Throws Error{argument}.
void require_persona_name(std::string_view name);
/// A tag: the same, up to 64, and not a number. Throws Error{argument}.
void require_tag(std::string_view tag);
/// A line for people: UTF-8 without control bytes. Throws Error{argument} naming `what`.
void require_line(std::string_view text, std::string_view what, std::size_t max_bytes);
/// In small letters: names that fold alike are not told apart by every file system, nor by every reader.
[[nodiscard]] std::string folded_name(std::string_view name);

}  // namespace contrans
