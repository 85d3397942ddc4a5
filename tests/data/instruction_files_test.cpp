// Instruction following: constraints that a checker can read, examples of each kind, choice items in twos.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

const std::string kName = "instruction-following";

enum class Value { none, number, list, text };

/// What a kind of constraint has beside its name.
struct Field {
    std::string name;
    Value value;
};

const std::map<std::string, Field> kKinds = {
    {"max_words", {"words", Value::number}}, {"min_words", {"words", Value::number}},
    {"sentences", {"count", Value::number}}, {"bullets", {"count", Value::number}},
    {"numbered", {"count", Value::number}},  {"paragraphs", {"count", Value::number}},
    {"json", {"keys", Value::list}},         {"keyword", {"words", Value::list}},
    {"forbidden", {"words", Value::list}},   {"starts_with", {"text", Value::text}},
    {"ends_with", {"text", Value::text}},    {"language", {"language", Value::text}},
    {"all_caps", {"", Value::none}},         {"all_lowercase", {"", Value::none}},
    {"quoted", {"", Value::none}},           {"no_commas", {"", Value::none}},
};

bool is_text(const nlohmann::json& value) { return value.is_string() && !value.get<std::string>().empty(); }

bool holds(const nlohmann::json& value, Value wanted) {
    if (wanted == Value::number) return value.is_number_unsigned() && value.get<std::size_t>() > 0;
    if (wanted == Value::text) return is_text(value);
    return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), is_text);
}

/// The kind, its field and nothing else.
void expect_readable(const nlohmann::json& rule) {
    ASSERT_TRUE(rule.contains("kind")) << rule;
    const auto known = kKinds.find(rule.at("kind").get<std::string>());
    ASSERT_NE(known, kKinds.end()) << rule;
    const Field& field = known->second;
    ASSERT_EQ(rule.size(), field.value == Value::none ? 1U : 2U) << rule;
    if (field.value == Value::none) return;
    ASSERT_TRUE(rule.contains(field.name)) << rule;
    EXPECT_TRUE(holds(rule.at(field.name), field.value)) << rule;
}

std::set<std::string> languages() {
    std::set<std::string> found;
    for (const auto& row : read_concept(kName, "languages.jsonl")) {
        EXPECT_TRUE(holds(row.at("words"), Value::list)) << row;
        found.insert(row.at("language").get<std::string>());
    }
    return found;
}

std::vector<nlohmann::json> all_constraints() {
    std::vector<nlohmann::json> found;
    for (const std::string file : {"constraints_dev.jsonl", "constraints_test.jsonl", "examples.jsonl"}) {
        for (const auto& row : read_concept(kName, file)) found.push_back(row.at("constraint"));
    }
    return found;
}

TEST(InstructionFollowing, EveryConstraintHasAKnownKindWithItsFields) {
    const auto known_languages = languages();
    EXPECT_EQ(known_languages.size(), 5U);
    for (const auto& rule : all_constraints()) {
        expect_readable(rule);
        if (rule.at("kind") != "language") continue;
        EXPECT_TRUE(known_languages.contains(rule.at("language").get<std::string>())) << rule;
    }
}

TEST(InstructionFollowing, PromptsForGenerationHoldEachKindEquallyOften) {
    for (const auto& [file, of_each] :
         std::map<std::string, std::size_t>{{"constraints_dev.jsonl", 3}, {"constraints_test.jsonl", 6}}) {
        const auto items = read_concept(kName, file);
        std::set<std::string> prompts;
        for (const auto& item : items) {
            EXPECT_EQ(item.at("group"), item.at("constraint").at("kind")) << item;
            EXPECT_TRUE(prompts.insert(item.at("prompt").get<std::string>()).second) << item;
        }
        EXPECT_EQ(items.size(), of_each * kKinds.size());
        expect_balanced(count_groups(items), kKinds.size(), 0);
    }
}

TEST(InstructionFollowing, ExamplesCoverEachKindAndComeFromTheChoiceItems) {
    std::set<std::set<std::string>> choices;
    for (const std::string file : {"dev.jsonl", "test.jsonl"}) {
        for (const auto& item : read_concept(kName, file)) {
            const auto both = choices_of(item);
            choices.insert({both.begin(), both.end()});
        }
    }
    std::set<std::string> kinds;
    for (const auto& example : read_concept(kName, "examples.jsonl")) {
        kinds.insert(example.at("constraint").at("kind").get<std::string>());
        EXPECT_TRUE(choices.contains(
            {" " + example.at("obeys").get<std::string>(), " " + example.at("ignores").get<std::string>()}))
            << example;
    }
    EXPECT_EQ(kinds.size(), kKinds.size());
    for (const auto& [kind, field] : kKinds) EXPECT_TRUE(kinds.contains(kind)) << kind;
}

TEST(InstructionFollowing, TheDemandAloneDecidesBetweenTheSameTwoReplies) {
    for (const std::string file : {"dev.jsonl", "test.jsonl"}) {
        std::map<std::string, std::vector<nlohmann::json>> twins;
        for (const auto& item : read_concept(kName, file)) twins[item.at("choices").dump()].push_back(item);
        for (const auto& [choices, items] : twins) {
            ASSERT_EQ(items.size(), 2U) << choices;
            EXPECT_EQ(items[0].at("group"), items[1].at("group")) << choices;
            EXPECT_NE(items[0].at("prompt"), items[1].at("prompt")) << choices;
            EXPECT_NE(answer_of(items[0]), answer_of(items[1])) << choices;
        }
    }
    EXPECT_EQ(read_concept(kName, "pairs.jsonl").size(), 102U);
}

}  // namespace
}  // namespace contrans::testing
