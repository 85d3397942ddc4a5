#include "tests/data/data_files.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace contrans::testing {

namespace fs = std::filesystem;

namespace {

const std::set<std::string>& empty_words() {
    static const std::set<std::string> found = [] {
        std::istringstream list(
            "a an the and or but if of to in on at by for from with without as is are was were be been being am i me "
            "my "
            "mine we us our you your he him his she her hers it its they them their this that these those who whom "
            "which "
            "what when where while after before until than then so not no nor had has have do does did will would "
            "could "
            "can may might must up down out off over under into onto about again once there here all any each every "
            "one");
        return std::set<std::string>(std::istream_iterator<std::string>(list), {});
    }();
    return found;
}

void collect_strings(const nlohmann::json& value, std::vector<std::string>& texts) {
    if (value.is_string()) texts.push_back(value.get<std::string>());
    if (value.is_structured()) {
        for (const auto& element : value) collect_strings(element, texts);
    }
}

bool is_word_byte(unsigned char byte) { return std::isalnum(byte) != 0 || byte >= 0x80; }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// A blank, the bar between columns, or a mark of U+3000-303F, which begin with the bytes E3 80.
bool is_mark(const std::string& character) {
    return character == " " || character == "\n" || character == "|" || character.starts_with("\xE3\x80");
}

/// Every run of `length` parts, each followed by `joint` but for the last.
std::set<std::string> runs_of(const std::vector<std::string>& parts, std::size_t length, const std::string& joint) {
    std::set<std::string> runs;
    for (std::size_t first = 0; first + length <= parts.size(); ++first) {
        std::string run = parts[first];
        for (std::size_t i = 1; i < length; ++i) run += joint + parts[first + i];
        runs.insert(std::move(run));
    }
    return runs;
}

}  // namespace

fs::path data_dir() { return fs::path(CONTRANS_SOURCE_DIR) / "data"; }

std::string read_bytes(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> read_lines(const fs::path& file) {
    std::istringstream stream(read_bytes(file));
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> columns(const std::string& line) {
    const std::string separator = " | ";
    std::vector<std::string> found;
    std::size_t first = 0;
    for (std::size_t at = line.find(separator); at != std::string::npos; at = line.find(separator, first)) {
        found.push_back(line.substr(first, at - first));
        first = at + separator.size();
    }
    found.push_back(line.substr(first));
    return found;
}

std::vector<std::vector<std::string>> read_sources(const std::string& name, const std::string& file) {
    std::vector<std::vector<std::string>> rows;
    for (const std::string& line : read_lines(data_dir() / "scenarios" / name / file)) rows.push_back(columns(line));
    return rows;
}

std::vector<nlohmann::json> read_json_lines(const fs::path& file) {
    std::vector<nlohmann::json> rows;
    for (const std::string& line : read_lines(file)) rows.push_back(nlohmann::json::parse(line));
    return rows;
}

std::vector<nlohmann::json> read_concept(const std::string& name, const std::string& file) {
    return read_json_lines(data_dir() / "concepts" / name / file);
}

std::vector<std::string> texts_of(const std::vector<nlohmann::json>& rows) {
    std::vector<std::string> texts;
    for (const auto& row : rows) collect_strings(row, texts);
    return texts;
}

std::map<std::string, std::vector<std::string>> read_scenarios() {
    std::map<std::string, std::vector<std::string>> scenarios;
    for (const auto& emotion : kEmotions)
        scenarios[emotion] = read_lines(data_dir() / "scenarios" / (emotion + ".txt"));
    return scenarios;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found(1);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_word_byte(byte)) {
            found.back() += static_cast<char>(std::tolower(byte));
        } else if (c != '\'' && !found.back().empty()) {
            found.emplace_back();
        }
    }
    if (found.back().empty()) found.pop_back();
    return found;
}

std::set<std::string> content_words(std::string_view text) {
    std::set<std::string> found;
    for (auto& word : words(text)) {
        if (!empty_words().contains(word)) found.insert(std::move(word));
    }
    return found;
}

double jaccard(const std::set<std::string>& a, const std::set<std::string>& b) {
    std::vector<std::string> shared;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
    const std::size_t all = a.size() + b.size() - shared.size();
    return all == 0 ? 0.0 : static_cast<double>(shared.size()) / static_cast<double>(all);
}

std::set<std::string> word_runs(std::string_view text, std::size_t length) { return runs_of(words(text), length, " "); }

std::set<std::string> word_runs(const std::vector<std::string>& texts, std::size_t length) {
    std::set<std::string> runs;
    for (const auto& text : texts) runs.merge(word_runs(text, length));
    return runs;
}

std::vector<std::string> characters(std::string_view text) {
    std::vector<std::string> found;
    for (const char c : text) {
        if (found.empty() || !continues_character(c)) found.emplace_back();
        found.back() += c;
    }
    return found;
}

std::set<std::string> character_runs(std::string_view text, std::size_t length) {
    auto all = characters(text);
    std::erase_if(all, is_mark);
    return runs_of(all, length, "");
}

}  // namespace contrans::testing
