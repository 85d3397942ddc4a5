#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace contrans::testing {

inline const std::vector<std::string> kEmotions = {"happiness", "sadness", "anger", "fear", "disgust", "surprise"};

/// The folder data/ of the source tree.
std::filesystem::path data_dir();
std::string read_bytes(const std::filesystem::path& file);
std::vector<std::string> read_lines(const std::filesystem::path& file);
/// The columns of a line of scenarios/NAME, which are set apart by " | ".
std::vector<std::string> columns(const std::string& line);
/// scenarios/NAME/FILE, each line as its columns
std::vector<std::vector<std::string>> read_sources(const std::string& name, const std::string& file);
std::vector<nlohmann::json> read_json_lines(const std::filesystem::path& file);
/// concepts/NAME/FILE
std::vector<nlohmann::json> read_concept(const std::string& name, const std::string& file);
/// Every string value in the rows, however deep.
std::vector<std::string> texts_of(const std::vector<nlohmann::json>& rows);

/// Emotion → its scenarios, in the file's order.
std::map<std::string, std::vector<std::string>> read_scenarios();

/// Lower-cased words; apostrophes vanish, all else but letters, digits and bytes of other alphabets separates.
std::vector<std::string> words(std::string_view text);
/// The words that carry meaning: no articles, pronouns, prepositions or auxiliaries.
std::set<std::string> content_words(std::string_view text);
/// |a ∩ b| / |a ∪ b|; 0 when both are empty.
double jaccard(const std::set<std::string>& a, const std::set<std::string>& b);
/// Every run of `length` words of the text, joined by spaces.
std::set<std::string> word_runs(std::string_view text, std::size_t length);
/// The union over texts.
std::set<std::string> word_runs(const std::vector<std::string>& texts, std::size_t length);

/// The characters of a UTF-8 text, each a string of its bytes.
std::vector<std::string> characters(std::string_view text);
/// Every run of `length` characters without blanks, bars and the marks of U+3000-303F: for languages without blanks.
std::set<std::string> character_runs(std::string_view text, std::size_t length);

}  // namespace contrans::testing
