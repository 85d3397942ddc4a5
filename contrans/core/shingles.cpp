#include "contrans/core/shingles.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace contrans {
namespace {

constexpr std::size_t kRun = 8;

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool inside = false;
    for (const char c : text) {
        const bool word = is_word_byte(c);
        if (word && !inside) words.emplace_back();
        if (word) words.back() += lower(c);
        inside = word;
    }
    return words;
}

// Fowler, Noll and Vo's constants for 64 bits. A space ends each word, so that "ab c" and "a bc" differ.
std::uint64_t hash_words(std::span<const std::string> words) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto mix = [&hash](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL; };
    for (const std::string& word : words) {
        std::ranges::for_each(word, mix);
        mix(' ');
    }
    return hash;
}

}  // namespace

std::vector<std::uint64_t> shingles(std::string_view text) {
    const std::vector<std::string> words = words_of(text);
    if (words.empty()) return {};
    if (words.size() < kRun) return {hash_words(words)};
    std::vector<std::uint64_t> hashes;
    hashes.reserve(words.size() - kRun + 1);
    for (std::size_t first = 0; first + kRun <= words.size(); ++first) {
        hashes.push_back(hash_words(std::span(words).subspan(first, kRun)));
    }
    return hashes;
}

std::vector<std::uint64_t> merge_shingles(std::span<const std::vector<std::uint64_t>> texts) {
    std::vector<std::uint64_t> merged;
    for (const auto& text : texts) merged.insert(merged.end(), text.begin(), text.end());
    std::ranges::sort(merged);
    const auto repeats = std::ranges::unique(merged);
    merged.erase(repeats.begin(), repeats.end());
    return merged;
}

double share_contained(std::span<const std::uint64_t> text, std::span<const std::uint64_t> corpus) {
    if (text.empty()) return 0;
    const auto found =
        std::ranges::count_if(text, [&](std::uint64_t hash) { return std::ranges::binary_search(corpus, hash); });
    return static_cast<double>(found) / static_cast<double>(text.size());
}

}  // namespace contrans
