// Customer replies, proofreading and brevity: what is asked twice, and lengths that do not tell the answer.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

struct LikeLengths {
    std::string name;
    std::string file;
    std::size_t most_apart;  // characters between the two choices
};

const std::vector<LikeLengths> kLikeLengths = {
    {"customer-reply", "dev.jsonl", 5}, {"customer-reply", "test.jsonl", 5}, {"proofreading", "dev.jsonl", 6},
    {"proofreading", "test.jsonl", 6},  {"proofreading", "dev_ja.jsonl", 3}, {"proofreading", "test_ja.jsonl", 3},
    {"brevity", "dev.jsonl", 10},       {"brevity", "test.jsonl", 10},
};

TEST(StyleConcepts, ChoicesHaveLikeLengths) {
    for (const auto& task : kLikeLengths) {
        double longer = 0;
        const auto items = read_concept(task.name, task.file);
        for (const auto& item : items) {
            const auto answer = static_cast<double>(characters(answer_text(item)).size());
            const auto other = static_cast<double>(characters(choices_of(item).at(1 - answer_of(item))).size());
            EXPECT_LE(std::abs(answer - other), static_cast<double>(task.most_apart)) << item;
            longer += answer - other;
        }
        EXPECT_LT(std::abs(longer) / static_cast<double>(items.size()), 1.0) << task.name << "/" << task.file;
    }
}

TEST(CustomerReply, ShortPairsKeepTheCurtReplyAndShortenThePoliteOne) {
    const auto whole = read_concept("customer-reply", "pairs.jsonl");
    const auto cut = read_concept("customer-reply", "pairs_short.jsonl");
    ASSERT_EQ(whole.size(), 101U);
    ASSERT_EQ(cut.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(whole[i].at("negative"), cut[i].at("negative"));
        EXPECT_LT(words(cut[i].at("positive").get<std::string>()).size(),
                  words(whole[i].at("positive").get<std::string>()).size());
    }
}

/// Where the texts of the two begin to differ.
std::size_t shared_beginning(const nlohmann::json& pair) {
    const std::string a = pair.at("positive");
    const std::string b = pair.at("negative");
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

TEST(CustomerReply, BothRepliesAnswerTheSameMessage) {
    for (const std::string file : {"pairs.jsonl", "pairs_short.jsonl"}) {
        for (const auto& pair : read_concept("customer-reply", file)) EXPECT_GE(shared_beginning(pair), 30U) << pair;
    }
}

TEST(Proofreading, EveryEndIsAskedOnceWithCleanAndOnceWithCarelessContext) {
    const std::set<std::string> clean = {"bare", "minutes", "memo", "notice", "shots-clean"};
    for (const std::string file : {"dev.jsonl", "test.jsonl", "dev_ja.jsonl", "test_ja.jsonl"}) {
        std::map<std::string, std::multiset<bool>> contexts;
        for (const auto& item : read_concept("proofreading", file)) {
            const std::string ends = answer_text(item) + "|" + choices_of(item).at(1 - answer_of(item));
            contexts[ends].insert(clean.contains(item.at("group").get<std::string>()));
        }
        for (const auto& [ends, of] : contexts) EXPECT_EQ(of, (std::multiset<bool>{false, true})) << file << ends;
    }
    EXPECT_EQ(read_concept("proofreading", "pairs.jsonl").size(), 104U);
    EXPECT_EQ(read_concept("proofreading", "pairs_ja.jsonl").size(), 64U);
}

std::size_t blank_separated(const std::string& text) {
    std::istringstream stream(text);
    return static_cast<std::size_t>(std::distance(std::istream_iterator<std::string>(stream), {}));
}

TEST(Brevity, MatchedPairsHaveEquallyManyWords) {
    const auto whole = read_concept("brevity", "pairs.jsonl");
    const auto cut = read_concept("brevity", "pairs_matched.jsonl");
    ASSERT_EQ(whole.size(), 100U);
    ASSERT_EQ(cut.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(blank_separated(cut[i].at("positive")), blank_separated(cut[i].at("negative"))) << cut[i];
        EXPECT_TRUE(whole[i].at("negative").get<std::string>().starts_with(cut[i].at("negative").get<std::string>()));
        EXPECT_GE(blank_separated(whole[i].at("negative")), blank_separated(whole[i].at("positive")) + 39) << whole[i];
    }
}

TEST(Brevity, EndingIsAStopAgainstACommaAndNothingElseIs) {
    for (const std::string file : {"dev.jsonl", "test.jsonl"}) {
        std::map<std::string, std::size_t> endings;
        for (const auto& item : read_concept("brevity", file)) {
            const bool ends = item.at("group").get<std::string>().find("end-") != std::string::npos;
            EXPECT_EQ(ends, answer_text(item) == ".") << item;
            EXPECT_EQ(ends, choices_of(item).at(1 - answer_of(item)) == ",") << item;
            if (ends) ++endings[item.at("group")];
        }
        expect_balanced(endings, 3, 0);
    }
}

}  // namespace
}  // namespace contrans::testing
