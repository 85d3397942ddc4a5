#include "contrans/serve/plain_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "contrans/evaluation/text_measures.h"

namespace contrans {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array kTypography = {Pair{"\u2019", "'"},  Pair{"\u2018", "'"},  Pair{"\u02BC", "'"},
                                    Pair{"\u201C", "\""}, Pair{"\u201D", "\""}, Pair{"\u2014", " "},
                                    Pair{"\u2013", " "},  Pair{"\u2026", "."}};

constexpr std::array<std::string_view, 18> kFillers = {
    "actually", "also",       "currently", "directly",      "fully",        "honestly",
    "just",     "personally", "really",    "regretfully",   "respectfully", "sadly",
    "simply",   "therefore",  "truly",     "unfortunately", "very",         "yet"};

constexpr std::array kContractions = {Pair{"n't", "not"},  Pair{"'m", "am"},    Pair{"'re", "are"}, Pair{"'ve", "have"},
                                      Pair{"'ll", "will"}, Pair{"'d", "would"}, Pair{"'s", "is"}};

constexpr std::array kWholeWords = {Pair{"can't", "can"}, Pair{"cannot", "can"}, Pair{"cant", "can"},
                                    Pair{"won't", "will"}};

/// Typography in ASCII.
std::string plain(std::string_view text) {
    std::string made;
    while (!text.empty()) {
        const auto sign =
            std::ranges::find_if(kTypography, [&](const Pair& one) { return text.starts_with(one.first); });
        made += sign == kTypography.end() ? text.substr(0, 1) : sign->second;
        text.remove_prefix(sign == kTypography.end() ? 1 : sign->first.size());
    }
    return lower_ascii(made);
}

bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
}

void append_word(std::vector<std::string>& words, std::string_view word) {
    while (word.starts_with('\'')) word.remove_prefix(1);  // quotation marks
    while (word.ends_with('\'')) word.remove_suffix(1);
    if (word.empty() || std::ranges::find(kFillers, word) != kFillers.end()) return;
    const auto whole = std::ranges::find(kWholeWords, word, &Pair::first);
    if (whole != kWholeWords.end()) {
        words.insert(words.end(), {std::string(whole->second), "not"});
        return;
    }
    const auto tail = std::ranges::find_if(kContractions, [&](const Pair& one) { return word.ends_with(one.first); });
    if (tail == kContractions.end() || tail->first.size() == word.size()) {
        words.emplace_back(word);
        return;
    }
    words.emplace_back(word.substr(0, word.size() - tail->first.size()));
    words.emplace_back(tail->second);
}

void append_sign(std::vector<std::string>& words, char c) {
    if (c == '"') words.emplace_back("\"");
    const bool border = std::string_view(".!?:;\n").find(c) != std::string_view::npos;
    if (border && words.back() != ".") words.emplace_back(".");
}

}  // namespace

std::vector<std::string> plain_words(std::string_view text, std::size_t bytes) {
    // A word that begins in time is read to its end; no word is longer than this.
    constexpr std::size_t kLongest = 40;
    const std::string all = plain(text.substr(0, bytes + kLongest));
    std::vector<std::string> words = {"."};
    for (std::size_t at = 0; at < std::min(all.size(), bytes);) {
        const auto end = static_cast<std::size_t>(
            std::find_if_not(all.begin() + static_cast<std::ptrdiff_t>(at), all.end(), in_word) - all.begin());
        if (end == at) {
            append_sign(words, all[at++]);
        } else {
            append_word(words, std::string_view(all).substr(at, end - at));
            at = end;
        }
    }
    if (text.size() <= bytes && words.back() != ".") words.emplace_back(".");
    return words;
}

}  // namespace contrans
