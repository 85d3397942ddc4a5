#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace contrans::testing {

/// Fails unless there are `kinds` of them and the most frequent is at most `most_apart` ahead of the least.
void expect_balanced(const std::map<std::string, std::size_t>& counts, std::size_t kinds, std::size_t most_apart);

/// The index of an item's answer: "answer", or "best" where every choice has a label.
std::size_t answer_of(const nlohmann::json& item);
std::vector<std::string> choices_of(const nlohmann::json& item);
std::string answer_text(const nlohmann::json& item);

/// How often each template, and each place of the answer, occurs.
std::map<std::string, std::size_t> count_groups(const std::vector<nlohmann::json>& items);
std::map<std::string, std::size_t> count_answer_places(const std::vector<nlohmann::json>& items);

/// Who always takes the choice of the fewest words is right on this share of the items, ties counted in parts …
double share_of_shortest(const std::vector<nlohmann::json>& items);
/// … and who guesses, on this one.
double share_of_guesses(const std::vector<nlohmann::json>& items);

}  // namespace contrans::testing
