#include "contrans/evaluation/constraint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/text_lines.h"
#include "contrans/evaluation/text_measures.h"

namespace contrans::embedded {
std::string_view languages();  // data/concepts/instruction-following/languages.jsonl
}

namespace contrans {
namespace {

using Kind = ConstraintKind;

constexpr std::array<std::pair<Kind, const char*>, 16> kNames = {{{Kind::max_words, "max_words"},
                                                                  {Kind::min_words, "min_words"},
                                                                  {Kind::sentences, "sentences"},
                                                                  {Kind::bullets, "bullets"},
                                                                  {Kind::numbered, "numbered"},
                                                                  {Kind::paragraphs, "paragraphs"},
                                                                  {Kind::json, "json"},
                                                                  {Kind::keyword, "keyword"},
                                                                  {Kind::forbidden, "forbidden"},
                                                                  {Kind::starts_with, "starts_with"},
                                                                  {Kind::ends_with, "ends_with"},
                                                                  {Kind::language, "language"},
                                                                  {Kind::all_caps, "all_caps"},
                                                                  {Kind::all_lowercase, "all_lowercase"},
                                                                  {Kind::quoted, "quoted"},
                                                                  {Kind::no_commas, "no_commas"}}};

/// The small words of each language.
const std::map<std::string, std::set<std::string>, std::less<>>& small_words() {
    static const auto lists = [] {
        std::map<std::string, std::set<std::string>, std::less<>> by_language;
        for (const std::string_view line : lines_of(embedded::languages())) {
            if (trimmed(line).empty()) continue;
            const nlohmann::json list = nlohmann::json::parse(line);
            by_language.emplace(list.at("language").get<std::string>(), list.at("words").get<std::set<std::string>>());
        }
        return by_language;
    }();
    return lists;
}

/// The language most of whose small words stand in the text; "" where none has two, or two have as many.
std::string language_of(std::string_view text) {
    const std::vector<std::string> words = words_of(text);
    std::vector<std::pair<std::ptrdiff_t, std::string>> hits;
    for (const auto& [language, list] : small_words())
        hits.emplace_back(std::ranges::count_if(words, [&](const auto& word) { return list.contains(word); }),
                          language);
    std::ranges::sort(hits, std::greater<>());
    return hits[0].first >= 2 && hits[0].first > hits[1].first ? hits[0].second : "";
}

std::string_view without_indent(std::string_view line) {
    return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

/// Whether a space and a text follow.
bool holds_text(std::string_view rest) {
    return !rest.empty() && (rest.front() == ' ' || rest.front() == '\t') && !trimmed(rest).empty();
}

bool is_bullet(std::string_view line) {
    const std::string_view text = without_indent(line);
    for (const std::string_view mark : {"-", "*", "•"})
        if (text.starts_with(mark) && holds_text(text.substr(mark.size()))) return true;
    return false;
}

/// Whether the numbered lines are 1 to `count`, in order.
bool numbered_to(std::size_t count, std::string_view answer) {
    std::size_t next = 1;
    for (const std::string_view line : lines_of(answer)) {
        const std::string_view text = without_indent(line);
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
        const bool mark = error == std::errc{} && (rest.starts_with('.') || rest.starts_with(')'));
        if (!mark || !holds_text(rest.substr(1))) continue;
        if (number != next++) return false;
    }
    return next == count + 1;
}

std::size_t count_paragraphs(std::string_view answer) {
    std::size_t n = 0;
    bool within = false;
    for (const std::string_view line : lines_of(answer)) {
        const bool blank = trimmed(line).empty();
        if (!blank && !within) ++n;
        within = !blank;
    }
    return n;
}

std::string_view without_fence(std::string_view text) {
    constexpr std::string_view kFence = "```";
    text = trimmed(text);
    if (text.starts_with(kFence)) {
        text.remove_prefix(kFence.size());
        if (lower_ascii(text.substr(0, 4)) == "json") text.remove_prefix(4);
    }
    text = trimmed(text);
    if (text.ends_with(kFence)) text.remove_suffix(kFence.size());
    return trimmed(text);
}

bool is_object_with(const std::vector<std::string>& keys, std::string_view answer) {
    const nlohmann::json value = nlohmann::json::parse(without_fence(answer), nullptr, false);
    return value.is_object() && std::ranges::all_of(keys, [&](const auto& key) { return value.contains(key); });
}

/// Without blanks and double quotes around it, in lower case.
std::string bare(std::string_view text) {
    text = trimmed(text);
    while (text.starts_with('"')) text.remove_prefix(1);
    while (text.ends_with('"')) text.remove_suffix(1);
    return lower_ascii(trimmed(text));
}

bool has_keywords(const std::vector<std::string>& keywords, std::string_view answer) {
    const std::string text = lower_ascii(answer);
    return std::ranges::all_of(keywords, [&](const auto& key) { return text.find(lower_ascii(key)) != text.npos; });
}

bool has_no_word_of(const std::vector<std::string>& forbidden, std::string_view answer) {
    const std::vector<std::string> words = words_of(answer);
    return std::ranges::none_of(forbidden, [&](const auto& word) {
        const std::vector<std::string> parts = words_of(word);
        return !std::ranges::search(words, parts).empty();
    });
}

bool has_case(std::string_view answer, char first, char last) {
    return std::ranges::any_of(answer, [=](char c) { return c >= first && c <= last; });
}

bool is_quoted(std::string_view answer) {
    const std::string_view text = trimmed(answer);
    return text.size() > 1 && text.front() == '"' && text.back() == '"';
}

bool obeys_rule(const Constraint& constraint, std::string_view answer) {
    switch (constraint.kind) {
        case Kind::max_words:
            return words_of(answer).size() <= constraint.count;
        case Kind::min_words:
            return words_of(answer).size() >= constraint.count;
        case Kind::sentences:
            return count_sentences(answer) == constraint.count;
        case Kind::bullets:
            return static_cast<std::size_t>(std::ranges::count_if(lines_of(answer), is_bullet)) == constraint.count;
        case Kind::numbered:
            return numbered_to(constraint.count, answer);
        case Kind::paragraphs:
            return count_paragraphs(answer) == constraint.count;
        case Kind::json:
            return is_object_with(constraint.texts, answer);
        case Kind::keyword:
            return has_keywords(constraint.texts, answer);
        case Kind::forbidden:
            return has_no_word_of(constraint.texts, answer);
        case Kind::starts_with:
            return bare(answer).starts_with(lower_ascii(constraint.texts.at(0)));
        case Kind::ends_with:
            return bare(answer).ends_with(lower_ascii(constraint.texts.at(0)));
        case Kind::language:
            return language_of(answer) == constraint.texts.at(0);
        case Kind::all_caps:
            return has_case(answer, 'A', 'Z') && !has_case(answer, 'a', 'z');
        case Kind::all_lowercase:
            return has_case(answer, 'a', 'z') && !has_case(answer, 'A', 'Z');
        case Kind::quoted:
            return is_quoted(answer);
        case Kind::no_commas:
            return answer.find(',') == std::string_view::npos;
    }
    throw Error(ErrorKind::argument, "obeys: unknown constraint");
}

std::string_view without_first_line(std::string_view text) {
    const std::size_t end = text.find('\n');
    return end == text.npos ? std::string_view{} : text.substr(end + 1);
}

std::string_view without_last_line(std::string_view text) {
    const std::size_t end = text.rfind('\n');
    return end == text.npos ? std::string_view{} : text.substr(0, end);
}

std::string without_asterisks(std::string_view text) {
    std::string result(text);
    std::erase(result, '*');
    return result;
}

}  // namespace

std::string to_string(ConstraintKind kind) {
    return std::ranges::find(kNames, kind, [](const auto& named) { return named.first; })->second;
}

ConstraintKind parse_constraint_kind(const std::string& name) {
    std::string known;
    for (const auto& [kind, text] : kNames) {
        if (name == text) return kind;
        known += (known.empty() ? "" : ", ") + std::string(text);
    }
    throw Error(ErrorKind::argument, "constraint must be one of " + known + ", not '" + name + "'");
}

bool known_language(std::string_view name) { return small_words().contains(name); }

bool obeys(const Constraint& constraint, std::string_view answer) {
    return !trimmed(answer).empty() && obeys_rule(constraint, answer);
}

bool obeys_loosely(const Constraint& constraint, std::string_view answer) {
    const std::string_view text = trimmed(answer);
    for (const std::string_view variant :
         {text, without_first_line(text), without_last_line(text), without_first_line(without_last_line(text))}) {
        if (obeys(constraint, variant) || obeys(constraint, without_asterisks(variant))) return true;
    }
    return obeys(constraint, answer);
}

}  // namespace contrans
