#include "contrans/evaluation/text_measures.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace contrans {
namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
};

/// The character that begins here; a byte that begins none stands for itself.
Character character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t first = byte(at);
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (at + bytes > text.size()) return {0, 1};
    if (bytes == 1) return {first, 1};
    std::uint32_t code = first & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) code = (code << 6U) | (byte(at + i) & 0x3FU);
    return {code, bytes};
}

bool in_word(std::uint32_t code) {
    if (code < 0x80) {
        return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') ||
               code == '_';
    }
    const bool punctuation = (code >= 0x2000 && code <= 0x206F) || (code >= 0x3000 && code <= 0x303F);
    return code >= 0xC0 && !punctuation;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// À to Þ are two bytes, C3 80 to C3 9E; their small forms lie 0x20 above (C3 97 is ×).
void append_lower(std::string& word, std::string_view character) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    const bool latin = character.size() == 2 && byte(0) == 0xC3 && byte(1) <= 0x9E && byte(1) != 0x97;
    if (!latin) {
        word += lower_ascii(character);
        return;
    }
    word += character[0];
    word += static_cast<char>(byte(1) + 0x20);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t end_of_run(std::string_view text, std::size_t begin, std::string_view of) {
    return std::min(text.find_first_not_of(of, begin), text.size());
}

template <class Item>
double share_of_different_runs(std::span<const Item> items, std::size_t n) {
    if (n == 0 || items.size() < n) return 1;
    using Run = std::span<const Item>;
    std::vector<Run> runs;
    for (std::size_t i = 0; i + n <= items.size(); ++i) runs.push_back(items.subspan(i, n));
    std::ranges::sort(runs, [](Run a, Run b) { return std::ranges::lexicographical_compare(a, b); });
    const auto repeated = std::ranges::unique(runs, [](Run a, Run b) { return std::ranges::equal(a, b); });
    return static_cast<double>(runs.size() - repeated.size()) / static_cast<double>(runs.size());
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool within = false;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        const bool letter = in_word(character.code);
        if (letter && !within) words.emplace_back();
        if (letter) append_lower(words.back(), text.substr(at, character.bytes));
        within = letter;
        at += character.bytes;
    }
    return words;
}

std::size_t count_sentences(std::string_view text) {
    std::size_t n = 0;
    std::size_t begin = 0;
    const auto close = [&](std::size_t end) {
        if (!words_of(text.substr(begin, end - begin)).empty()) ++n;
        begin = end;
    };
    for (std::size_t at = text.find_first_of(".!?"); at < text.size(); at = text.find_first_of(".!?", at)) {
        const std::size_t stop = end_of_run(text, at, ".!?");
        const std::size_t end = end_of_run(text, stop, "\"')]");
        if (end == text.size() || is_space(text[end])) close(end);
        at = stop;
    }
    close(text.size());
    return n;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::string lower_ascii(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

double distinct(std::string_view text, std::size_t n) {
    const std::vector<std::string> words = words_of(text);
    return share_of_different_runs(std::span(words), n);
}

double distinct_characters(std::string_view text, std::size_t n) {
    std::vector<std::uint32_t> characters;
    for (const std::string& word : words_of(text)) {
        for (std::size_t at = 0; at < word.size();) {
            const Character character = character_at(word, at);
            characters.push_back(character.code);
            at += character.bytes;
        }
    }
    return share_of_different_runs(std::span<const std::uint32_t>(characters), n);
}

}  // namespace contrans
