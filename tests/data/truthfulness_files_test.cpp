// Truthfulness: facts asked both ways, true answers wanted, pairs that differ in what is true.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

const std::string kName = "truthfulness";
const std::set<std::string> kTrueWords = {" true", " yes", " correct"};
const std::set<std::string> kFalseWords = {" false", " no", " wrong"};

/// A row of facts-HALF.txt.
struct Fact {
    std::string beginning;
    std::string true_ending;
    std::string false_ending;

    [[nodiscard]] std::string said(const std::string& ending) const { return beginning + " " + ending + "."; }
};

std::vector<std::string> source_lines(const std::string& file) {
    return read_lines(data_dir() / "scenarios" / kName / file);
}

std::vector<Fact> facts(const std::string& half) {
    std::vector<Fact> found;
    for (const auto& line : source_lines("facts-" + half + ".txt")) {
        const auto row = columns(line);
        found.push_back({row.at(0), row.at(1), row.at(2)});
    }
    return found;
}

/// The items whose prompt holds the text.
std::vector<nlohmann::json> items_with(const std::vector<nlohmann::json>& items, const std::string& text) {
    std::vector<nlohmann::json> found;
    for (const auto& item : items) {
        if (item.at("prompt").get<std::string>().find(text) != std::string::npos) found.push_back(item);
    }
    return found;
}

TEST(Truthfulness, PairsHoldEachRefinementFactOnce) {
    std::set<std::pair<std::string, std::string>> pairs;
    for (const auto& pair : read_concept(kName, "pairs.jsonl")) {
        pairs.emplace(pair.at("positive").get<std::string>(), pair.at("negative").get<std::string>());
    }
    const auto all = facts("pairs");
    ASSERT_EQ(all.size(), 120U);
    EXPECT_EQ(pairs.size(), all.size());
    for (const auto& fact : all) {
        EXPECT_TRUE(pairs.contains({fact.said(fact.true_ending), fact.said(fact.false_ending)})) << fact.beginning;
    }
}

TEST(Truthfulness, InstructedPairsEndWithATrueAndAFalseAnswerToOneQuestion) {
    const auto pairs = read_concept(kName, "pairs_instructed.jsonl");
    ASSERT_EQ(pairs.size(), 120U);
    std::size_t matched = 0;
    for (const auto& line : source_lines("questions-pairs.txt")) {
        const auto row = columns(line);
        for (const auto& pair : pairs) {
            const std::string positive = pair.at("positive");
            const std::string negative = pair.at("negative");
            if (positive.find(row.at(0)) == std::string::npos) continue;
            EXPECT_NE(negative.find(row.at(0)), std::string::npos) << line;
            EXPECT_TRUE(positive.ends_with(row.at(1))) << positive;
            EXPECT_TRUE(negative.ends_with(row.at(2))) << negative;
            ++matched;
        }
    }
    EXPECT_EQ(matched, pairs.size());
}

TEST(Truthfulness, EveryFactIsJudgedAsTrueAndAsFalseInOneTemplate) {
    for (const std::string half : {"dev", "test"}) {
        const auto items = read_concept(kName, half + ".jsonl");
        for (const auto& fact : facts(half)) {
            const auto as_true = items_with(items, fact.said(fact.true_ending));
            const auto as_false = items_with(items, fact.said(fact.false_ending));
            ASSERT_EQ(as_true.size(), 1U) << fact.beginning;
            ASSERT_EQ(as_false.size(), 1U) << fact.beginning;
            EXPECT_TRUE(kTrueWords.contains(answer_text(as_true[0]))) << as_true[0];
            EXPECT_TRUE(kFalseWords.contains(answer_text(as_false[0]))) << as_false[0];
            EXPECT_EQ(as_true[0].at("group"), as_false[0].at("group"));
            EXPECT_EQ(as_true[0].at("choices"), as_false[0].at("choices"));
        }
    }
}

TEST(Truthfulness, CompletionsWantTheTrueEndingInTwoTemplates) {
    for (const std::string kind : {"complete_", "pressed_"}) {
        for (const std::string half : {"dev", "test"}) {
            std::map<std::string, std::set<std::string>> groups_of;
            std::map<std::pair<std::string, std::string>, std::string> beginning_of;
            for (const auto& fact : facts(half)) {
                beginning_of[{" " + fact.true_ending, " " + fact.false_ending}] += fact.beginning + "\n";
            }
            for (const auto& item : read_concept(kName, kind + half + ".jsonl")) {
                const std::string wrong = choices_of(item).at(1 - answer_of(item));
                EXPECT_TRUE(beginning_of.contains({answer_text(item), wrong})) << item;
                const std::string key = answer_text(item) + wrong;
                groups_of[key].insert(item.at("group").get<std::string>());
            }
            EXPECT_EQ(groups_of.size(), beginning_of.size());
            for (const auto& [key, groups] : groups_of) EXPECT_GE(groups.size(), 2U) << key;
        }
    }
}

TEST(Truthfulness, QuestionsHaveOneTrueAnswerWhosePlaceAndLengthTellNothing) {
    for (const auto& [file, least] : std::map<std::string, std::size_t>{{"mc_dev.jsonl", 60}, {"mc_test.jsonl", 100}}) {
        const auto items = read_concept(kName, file);
        ASSERT_EQ(items.size(), least);
        std::map<std::string, std::size_t> places;
        for (const auto& item : items) {
            const auto labels = item.at("labels").get<std::vector<int>>();
            EXPECT_EQ(std::count(labels.begin(), labels.end(), 1), 1) << item;
            EXPECT_EQ(labels.at(answer_of(item)), 1) << item;
            EXPECT_TRUE(labels.size() == 3 || labels.size() == 4) << item;
            if (answer_of(item) < 3) ++places[std::to_string(answer_of(item))];
        }
        expect_balanced(count_groups(items), 8, 1);
        expect_balanced(places, 3, 6);
        EXPECT_NEAR(share_of_shortest(items), share_of_guesses(items), 0.1);
    }
}

}  // namespace
}  // namespace contrans::testing
