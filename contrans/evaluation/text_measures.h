#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

// Counts over a text in UTF-8, as constraints and signs of collapse take them.

/// Its words in lower case (ASCII and Latin-1): runs of ASCII letters, digits, underscores and characters from U+00C0
/// on but for punctuation (U+2000–206F, U+3000–303F).
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
/// Parts with a word in them, after cutting at each run of ".", "!", "?" and closing quotes or brackets behind it that
/// white space or the text's end follows.
[[nodiscard]] std::size_t count_sentences(std::string_view text);
/// Its lines, ends left away.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
/// ASCII letters in lower case, all else as it is.
[[nodiscard]] std::string lower_ascii(std::string_view text);

/// Different runs of n words over all of them, in [0, 1]: what says the same again and again comes near 0 (distinct-n,
/// Li et al. 2016, §5.2). 1 where there are fewer than n words.
[[nodiscard]] double distinct(std::string_view text, std::size_t n);
/// The same of runs of n characters of its words: for what is written without spaces between words.
[[nodiscard]] double distinct_characters(std::string_view text, std::size_t n);

}  // namespace contrans
