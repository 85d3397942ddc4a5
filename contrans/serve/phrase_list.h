#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// A name, in capitals, that stands for any of its words in phrases and in other classes.
struct WordClass {
    std::string_view name;
    std::string_view words;  ///< "help|assist|OTHER"
};

/// Words that follow each other, as plain_words writes them; "|" between alternatives, spaces between places.
struct Phrase {
    std::string_view words;             ///< "i can|will not VERB"
    std::string_view unless_next = {};  ///< words after which it does not count; "*ing": any that ends so
};

/// Phrases that are looked for at one place of a text. Immutable; the texts given must outlive it.
class PhraseList {
public:
    PhraseList(std::span<const Phrase> phrases, std::span<const WordClass> classes);

    /// Whether one of them stands at the beginning of these words.
    [[nodiscard]] bool matches(std::span<const std::string> words) const;

private:
    using Alternatives = std::vector<std::string_view>;
    struct Read {
        std::vector<Alternatives> places;
        Alternatives unless_next;
    };

    [[nodiscard]] static bool begins(std::span<const std::string> words, const Read& phrase);

    std::vector<Read> phrases_;
};

}  // namespace contrans
