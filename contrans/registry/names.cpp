#include "contrans/registry/names.h"

#include <algorithm>
#include <charconv>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_' || c == '.';
}

bool is_name(std::string_view name, std::size_t longest) {
    return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_number(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

}  // namespace

VersionReference parse_version_reference(const std::string& text) {
    const std::size_t at = text.find('@');
    VersionReference reference{text.substr(0, at), 0, ""};
    require_concept_name(reference.name);
    if (at == std::string::npos) return reference;
    const std::string which = text.substr(at + 1);
    if (!is_number(which)) {
        require_tag(which);
        reference.tag = which;
        return reference;
    }
    const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), reference.version);
    if (error != std::errc() || reference.version == 0) {
        throw Error(ErrorKind::argument, "registry: a version is a number from 1, got " + in_quotes(which));
    }
    return reference;
}

std::string version_name(const std::string& name, std::int64_t version) { return name + "@" + std::to_string(version); }

void require_concept_name(std::string_view name) {
    if (is_name(name, 128)) return;
    throw Error(ErrorKind::argument,
                "registry: a concept's name has 1 to 128 letters, digits, '-', '_' or '.', got " + in_quotes(name));
}

void require_persona_name(std::string_view name) {
    if (is_name(name, 128)) return;
    throw Error(ErrorKind::argument,
                "persona: a name has 1 to 128 letters, digits, '-', '_' or '.', got " + in_quotes(name));
}

void require_tag(std::string_view tag) {
    if (is_name(tag, 64) && !is_number(tag)) return;
    throw Error(ErrorKind::argument,
                "registry: a tag has 1 to 64 letters, digits, '-', '_' or '.' and is no number, got " + in_quotes(tag));
}

void require_line(std::string_view text, std::string_view what, std::size_t max_bytes) {
    const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (text.size() <= max_bytes && !control && !first_invalid_utf8(text)) return;
    throw Error(ErrorKind::argument, "registry: " + std::string(what) + " is one line of UTF-8 of at most " +
                                         std::to_string(max_bytes) + " bytes, got " + in_quotes(text));
}

std::string folded_name(std::string_view name) {
    std::string folded(name);
    for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return folded;
}

}  // namespace contrans
