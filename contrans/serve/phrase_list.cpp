#include "contrans/serve/phrase_list.h"

#include <algorithm>
#include <cstddef>

namespace contrans {
namespace {

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(by, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

/// With the classes among them written out.
std::vector<std::string_view> alternatives(std::string_view text, std::span<const WordClass> classes) {
    std::vector<std::string_view> words;
    for (const std::string_view word : split(text, '|')) {
        const auto known = std::ranges::find(classes, word, &WordClass::name);
        const auto parts = known == classes.end() ? std::vector{word} : alternatives(known->words, classes);
        words.insert(words.end(), parts.begin(), parts.end());
    }
    return words;
}

bool is_one_of(std::string_view word, const std::vector<std::string_view>& alternatives) {
    return std::ranges::any_of(alternatives, [&](std::string_view one) {
        return one.starts_with('*') ? word.ends_with(one.substr(1)) : word == one;
    });
}

}  // namespace

PhraseList::PhraseList(std::span<const Phrase> phrases, std::span<const WordClass> classes) {
    for (const Phrase& phrase : phrases) {
        Read& read = phrases_.emplace_back();
        for (const std::string_view place : split(phrase.words, ' ')) {
            read.places.push_back(alternatives(place, classes));
        }
        read.unless_next = alternatives(phrase.unless_next, classes);
    }
}

bool PhraseList::matches(std::span<const std::string> words) const {
    return std::ranges::any_of(phrases_, [&](const Read& phrase) { return begins(words, phrase); });
}

bool PhraseList::begins(std::span<const std::string> words, const Read& phrase) {
    const std::size_t n = phrase.places.size();
    if (words.size() < n) return false;
    for (std::size_t i = 0; i < n; ++i) {
        if (!is_one_of(words[i], phrase.places[i])) return false;
    }
    return words.size() == n || !is_one_of(words[n], phrase.unless_next);
}

}  // namespace contrans
