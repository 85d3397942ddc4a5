#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// What an answer is asked to be, checkable by code (data/concepts/instruction-following/README.md has the rules in
/// words; after Zhou et al., Instruction-Following Evaluation for Large Language Models, 2023).
enum class ConstraintKind {
    max_words,      ///< at most `count` words
    min_words,      ///< at least `count` words
    sentences,      ///< exactly `count` sentences
    bullets,        ///< exactly `count` lines that begin with "-", "*" or "•"
    numbered,       ///< lines numbered 1 to `count`, in order, and no others
    paragraphs,     ///< exactly `count` parts between blank lines
    json,           ///< one JSON object that has all keys of `texts`
    keyword,        ///< each of `texts` occurs, whatever its case
    forbidden,      ///< none of `texts` is a word of it
    starts_with,    ///< with `texts[0]`, quotes and blanks left away, whatever the case
    ends_with,      ///< likewise
    language,       ///< in the language `texts[0]`: de, en, es, fr or it
    all_caps,       ///< an ASCII letter, and none in lower case
    all_lowercase,  ///< an ASCII letter, and none in upper case
    quoted,         ///< within double quotes
    no_commas,
};

struct Constraint {
    ConstraintKind kind = ConstraintKind::max_words;
    std::size_t count = 0;           ///< of the kinds that count
    std::vector<std::string> texts;  ///< of the kinds that name texts; at least one there
};

/// "max_words" and so on.
[[nodiscard]] std::string to_string(ConstraintKind kind);
/// Throws Error{argument} naming the possible ones.
[[nodiscard]] ConstraintKind parse_constraint_kind(const std::string& name);
/// Whether language rules know it.
[[nodiscard]] bool known_language(std::string_view name);

/// The strict reading: the whole answer, which must not be blank, obeys.
[[nodiscard]] bool obeys(const Constraint& constraint, std::string_view answer);
/// The loose reading: the answer obeys, or a variant of it without its first line, without its last, without both, or
/// any of these four without asterisks (Zhou et al., §2.2).
[[nodiscard]] bool obeys_loosely(const Constraint& constraint, std::string_view answer);

}  // namespace contrans
