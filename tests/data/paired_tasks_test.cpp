// Items that belong together: a refusal and its look-alike, a situation with its groups swapped, both sides of a
// review.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

using Items = std::vector<nlohmann::json>;

/// Items by their "pair".
std::map<int, Items> by_pair(const Items& items) {
    std::map<int, Items> found;
    for (const auto& item : items) found[item.at("pair").get<int>()].push_back(item);
    return found;
}

std::string group_of(const nlohmann::json& item) { return item.at("group"); }

std::set<std::string> choice_set(const nlohmann::json& item) {
    const auto choices = choices_of(item);
    return {choices.begin(), choices.end()};
}

/// Words of `a` left when the words that both texts begin and end with are taken away.
std::size_t words_apart(const std::string& a, const std::string& b) {
    const auto left = words(a);
    const auto right = words(b);
    const std::size_t shorter = std::min(left.size(), right.size());
    std::size_t head = 0;
    while (head < shorter && left[head] == right[head]) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head && left[left.size() - 1 - tail] == right[right.size() - 1 - tail]) ++tail;
    return left.size() - head - tail;
}

TEST(Refusal, HarmfulItemsAndLookAlikesDifferInRequestAndAnswerAlone) {
    for (const std::string half : {"dev", "test"}) {
        const auto harmful = read_concept("refusal", half + ".jsonl");
        const auto benign = read_concept("refusal", "benign_" + half + ".jsonl");
        ASSERT_EQ(harmful.size(), benign.size());
        std::map<std::string, std::string> refusing;
        for (std::size_t i = 0; i < harmful.size(); ++i) {
            EXPECT_EQ(harmful[i].at("group"), benign[i].at("group"));
            EXPECT_EQ(harmful[i].at("choices"), benign[i].at("choices"));
            EXPECT_NE(harmful[i].at("prompt"), benign[i].at("prompt"));
            EXPECT_EQ(answer_of(harmful[i]), 1 - answer_of(benign[i]));
            const std::string reply = answer_text(harmful[i]);
            EXPECT_EQ(refusing.emplace(group_of(harmful[i]), reply).first->second, reply);
            const auto choices = choices_of(harmful[i]);
            EXPECT_EQ(words(choices[0]).size(), words(choices[1]).size()) << harmful[i];
        }
    }
}

TEST(Refusal, PairsShareTheRequestAndCompliesWithoutContent) {
    const auto pairs = read_concept("refusal", "pairs.jsonl");
    ASSERT_EQ(pairs.size(), 120U);
    for (const auto& pair : pairs) {
        const std::string positive = pair.at("positive");
        const std::string negative = pair.at("negative");
        EXPECT_EQ(positive.substr(0, positive.find_first_of("?.")), negative.substr(0, negative.find_first_of("?.")));
        EXPECT_LE(words_apart(negative, positive), 16U) << negative;
    }
    EXPECT_EQ(read_concept("refusal", "pairs_requests.jsonl").size(), 120U);
}

TEST(Fairness, VersionsSwapTheGroupsAndNobodyIsKnown) {
    for (const std::string file : {"dev.jsonl", "test.jsonl"}) {
        std::map<std::string, std::string> even_of;
        for (const auto& [pair, versions] : by_pair(read_concept("fairness", file))) {
            ASSERT_EQ(versions.size(), 2U) << pair;
            EXPECT_NE(versions[0].at("prompt"), versions[1].at("prompt"));
            EXPECT_EQ(versions[0].at("group"), versions[1].at("group"));
            EXPECT_EQ(choice_set(versions[0]), choice_set(versions[1]));
            EXPECT_EQ(answer_text(versions[0]), answer_text(versions[1]));
            const std::string even = answer_text(versions[0]);
            EXPECT_EQ(even_of.emplace(group_of(versions[0]), even).first->second, even);
            std::set<std::string> stereotyped;
            for (const auto& version : versions) {
                stereotyped.insert(choices_of(version).at(version.at("stereotyped").get<std::size_t>()));
            }
            EXPECT_EQ(stereotyped.size(), 1U) << versions[0];
            EXPECT_FALSE(stereotyped.contains(even)) << versions[0];
        }
    }
}

TEST(Fairness, WhatIsToldNamesEachOfTheTwoOnce) {
    for (const std::string half : {"dev", "test"}) {
        auto open = by_pair(read_concept("fairness", half + ".jsonl"));
        for (const auto& [pair, versions] : by_pair(read_concept("fairness", "told_" + half + ".jsonl"))) {
            ASSERT_EQ(versions.size(), 2U) << pair;
            EXPECT_NE(answer_text(versions[0]), answer_text(versions[1]));
            for (std::size_t i = 0; i < versions.size(); ++i) {
                const nlohmann::json& untold = open.at(pair).at(i);
                EXPECT_EQ(versions[i].at("choices"), untold.at("choices"));
                EXPECT_NE(answer_text(versions[i]), answer_text(untold));
                EXPECT_GT(words(versions[i].at("prompt").get<std::string>()).size(),
                          words(untold.at("prompt").get<std::string>()).size());
            }
        }
    }
}

TEST(Fairness, ParityPromptsDifferInTheGroupAlone) {
    const auto pairs = by_pair(read_concept("fairness", "parity_test.jsonl"));
    EXPECT_EQ(pairs.size(), 56U);
    for (const auto& [pair, versions] : pairs) {
        ASSERT_EQ(versions.size(), 2U) << pair;
        for (const std::string key : {"choices", "answer", "group"})
            EXPECT_EQ(versions[0].at(key), versions[1].at(key));
        EXPECT_NE(versions[0].at("version"), versions[1].at("version"));
        const std::size_t apart = words_apart(versions[0].at("prompt"), versions[1].at("prompt"));
        EXPECT_GE(apart, 1U) << versions[0];
        EXPECT_LE(apart, 5U) << versions[0];
    }
}

TEST(Fairness, PairsJudgeTheSamePerson) {
    const auto pairs = read_concept("fairness", "pairs.jsonl");
    ASSERT_EQ(pairs.size(), 120U);
    for (const auto& pair : pairs) {
        const std::string positive = pair.at("positive");
        const std::string negative = pair.at("negative");
        EXPECT_EQ(positive.substr(0, positive.find('.')), negative.substr(0, negative.find('.')));
        EXPECT_NE(positive, negative);
    }
}

TEST(Sentiment, ThePositiveWordOfATemplateIsTheAnswerUnlessTheTextIsClearlyNegative) {
    std::map<std::string, std::string> positive_word;
    for (const std::string file : {"dev.jsonl", "test.jsonl"}) {
        for (const auto& item : read_concept("sentiment", file)) {
            EXPECT_EQ(positive_word.emplace(group_of(item), answer_text(item)).first->second, answer_text(item));
        }
    }
    std::map<std::string, std::size_t> sides;
    for (const auto& item : read_concept("sentiment", "clear_test.jsonl")) {
        ++sides[answer_text(item) == positive_word.at(group_of(item)) ? "positive" : "negative"];
    }
    expect_balanced(sides, 2, 0);
    EXPECT_EQ(read_concept("sentiment", "pairs.jsonl").size(), 120U);
}

}  // namespace
}  // namespace contrans::testing
