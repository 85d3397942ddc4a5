#include "tests/data/balance.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {

void expect_balanced(const std::map<std::string, std::size_t>& counts, std::size_t kinds, std::size_t most_apart) {
    ASSERT_EQ(counts.size(), kinds);
    const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), by_count);
    EXPECT_LE(most->second - least->second, most_apart) << most->first << " and " << least->first;
}

std::size_t answer_of(const nlohmann::json& item) {
    return item.at(item.contains("best") ? "best" : "answer").get<std::size_t>();
}

std::vector<std::string> choices_of(const nlohmann::json& item) {
    return item.at("choices").get<std::vector<std::string>>();
}

std::string answer_text(const nlohmann::json& item) { return choices_of(item).at(answer_of(item)); }

std::map<std::string, std::size_t> count_groups(const std::vector<nlohmann::json>& items) {
    std::map<std::string, std::size_t> counts;
    for (const auto& item : items) ++counts[item.at("group").get<std::string>()];
    return counts;
}

std::map<std::string, std::size_t> count_answer_places(const std::vector<nlohmann::json>& items) {
    std::map<std::string, std::size_t> counts;
    for (const auto& item : items) ++counts[std::to_string(answer_of(item))];
    return counts;
}

double share_of_shortest(const std::vector<nlohmann::json>& items) {
    double right = 0;
    for (const auto& item : items) {
        std::vector<std::size_t> lengths;
        for (const auto& choice : choices_of(item)) lengths.push_back(words(choice).size());
        const std::size_t shortest = *std::min_element(lengths.begin(), lengths.end());
        if (lengths.at(answer_of(item)) != shortest) continue;
        right += 1.0 / static_cast<double>(std::count(lengths.begin(), lengths.end(), shortest));
    }
    return right / static_cast<double>(items.size());
}

double share_of_guesses(const std::vector<nlohmann::json>& items) {
    double right = 0;
    for (const auto& item : items) right += 1.0 / static_cast<double>(choices_of(item).size());
    return right / static_cast<double>(items.size());
}

}  // namespace contrans::testing
