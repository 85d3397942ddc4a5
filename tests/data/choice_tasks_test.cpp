// The promises that all choice tasks of the concepts keep: enough items, 8 templates, answers where they should be.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

/// How a choice joins the prompt.
enum class Joint {
    space,          // " word"
    space_or_mark,  // also "." and ","
    none,           // Japanese, which sets no blanks
};

/// One task file and what is promised of it.
struct TaskFile {
    std::string name;  // of the concept
    std::string file;
    std::size_t items;
    std::size_t groups_apart;  // most items that one template may have more than another
    std::size_t places_apart;  // likewise for the place of the answer
    Joint joint = Joint::space;
};

const std::vector<TaskFile> kFiles = {
    {"truthfulness", "dev.jsonl", 64, 0, 0},
    {"truthfulness", "test.jsonl", 112, 0, 0},
    {"truthfulness", "complete_dev.jsonl", 64, 0, 0},
    {"truthfulness", "complete_test.jsonl", 112, 0, 0},
    {"truthfulness", "pressed_dev.jsonl", 64, 0, 0},
    {"truthfulness", "pressed_test.jsonl", 112, 0, 0},
    {"refusal", "dev.jsonl", 60, 1, 0},
    {"refusal", "test.jsonl", 100, 1, 0},
    {"refusal", "benign_dev.jsonl", 60, 1, 0},
    {"refusal", "benign_test.jsonl", 100, 1, 0},
    {"fairness", "dev.jsonl", 60, 2, 2},
    {"fairness", "test.jsonl", 100, 2, 2},
    {"fairness", "told_dev.jsonl", 60, 2, 2},
    {"fairness", "told_test.jsonl", 100, 2, 2},
    {"fairness", "parity_test.jsonl", 112, 0, 0},
    {"fairness", "topics_dev.jsonl", 60, 1, 0},
    {"fairness", "topics_test.jsonl", 100, 1, 0},
    {"sentiment", "dev.jsonl", 60, 1, 0},
    {"sentiment", "test.jsonl", 100, 1, 0},
    {"sentiment", "clear_test.jsonl", 64, 0, 0},
    {"refusal", "variants/paraphrase.jsonl", 40, 0, 0},
    {"refusal", "variants/german.jsonl", 40, 0, 0},
    {"sentiment", "variants/paraphrase.jsonl", 40, 0, 0},
    {"sentiment", "variants/german.jsonl", 40, 0, 0},
    {"instruction-following", "dev.jsonl", 64, 0, 0},
    {"instruction-following", "test.jsonl", 112, 0, 0},
    {"customer-reply", "dev.jsonl", 60, 1, 0},
    {"customer-reply", "test.jsonl", 100, 1, 0},
    {"proofreading", "dev.jsonl", 64, 0, 0},
    {"proofreading", "test.jsonl", 112, 0, 0},
    {"proofreading", "dev_ja.jsonl", 40, 0, 0, Joint::none},
    {"proofreading", "test_ja.jsonl", 60, 1, 0, Joint::none},
    {"brevity", "dev.jsonl", 64, 0, 0, Joint::space_or_mark},
    {"brevity", "test.jsonl", 112, 0, 0, Joint::space_or_mark},
};
constexpr std::size_t kTemplates = 8;
constexpr double kMostFromLength = 0.1;  // of the share that the shortest choice gets beyond guessing

class ChoiceTasks : public ::testing::TestWithParam<TaskFile> {
protected:
    std::vector<nlohmann::json> items_ = read_concept(GetParam().name, GetParam().file);
};
INSTANTIATE_TEST_SUITE_P(All, ChoiceTasks, ::testing::ValuesIn(kFiles), [](const auto& one) {
    std::string name = one.param.name + "_" + one.param.file.substr(0, one.param.file.find('.'));
    std::ranges::replace_if(
        name, [](char c) { return c == '-' || c == '/'; }, '_');
    return name;
});

bool joins(const std::string& choice, Joint joint) {
    if (joint == Joint::space_or_mark && (choice == "." || choice == ",")) return true;
    if (joint == Joint::none) return static_cast<unsigned char>(choice.at(0)) >= 0x80;
    return choice.size() > 1 && choice[0] == ' ' && choice[1] != ' ';
}

TEST_P(ChoiceTasks, HoldTheirItemsAndNoneTwice) {
    ASSERT_EQ(items_.size(), GetParam().items);
    std::set<std::string> seen;
    for (const auto& item : items_) {
        EXPECT_TRUE(seen.insert(item.at("prompt").get<std::string>() + item.at("choices").dump()).second) << item;
    }
}

TEST_P(ChoiceTasks, ChoicesContinueThePromptAndDiffer) {
    for (const auto& item : items_) {
        const auto choices = choices_of(item);
        ASSERT_LT(answer_of(item), choices.size()) << item;
        EXPECT_EQ(std::set<std::string>(choices.begin(), choices.end()).size(), choices.size()) << item;
        for (const auto& choice : choices) EXPECT_TRUE(joins(choice, GetParam().joint)) << item;
        EXPECT_NE(item.at("prompt").get<std::string>().back(), ' ') << item;
    }
}

TEST_P(ChoiceTasks, TemplatesAndAnswersAreBalanced) {
    expect_balanced(count_groups(items_), kTemplates, GetParam().groups_apart);
    expect_balanced(count_answer_places(items_), choices_of(items_.front()).size(), GetParam().places_apart);
}

TEST_P(ChoiceTasks, LengthDoesNotDecide) {
    EXPECT_NEAR(share_of_shortest(items_), share_of_guesses(items_), kMostFromLength);
}

TEST_P(ChoiceTasks, SomeTemplatesShowExamplesAndSomeDoNot) {
    std::size_t few_shot = 0;
    for (const auto& [group, count] : count_groups(items_)) {
        if (group.rfind("shot", 0) == 0) ++few_shot;
    }
    EXPECT_GE(few_shot, 2U);
    EXPECT_LE(few_shot, kTemplates - 2);
}

/// How many lines of the prompt end with the choice, as examples do.
std::size_t demonstrations(const std::string& prompt, const std::string& choice) {
    std::size_t found = 0;
    for (std::size_t at = prompt.find(choice + "\n"); at != std::string::npos;
         at = prompt.find(choice + "\n", at + 1)) {
        ++found;
    }
    return found;
}

/// Whether the choices of a template are the same on every item, so that examples can show them.
bool has_labels(const TaskFile& task) {
    const std::set<std::string> with_labels = {"truthfulness", "refusal", "sentiment"};
    const std::set<std::string> without_labels = {"complete_dev.jsonl", "complete_test.jsonl", "pressed_dev.jsonl",
                                                  "pressed_test.jsonl"};
    if (task.name == "fairness") return task.file.starts_with("topics_");
    return with_labels.contains(task.name) && !without_labels.contains(task.file);
}

TEST(FewShotTasks, ShowBothAnswersEquallyOften) {
    std::size_t checked = 0;
    for (const auto& task : kFiles) {
        if (!has_labels(task)) continue;
        for (const auto& item : read_concept(task.name, task.file)) {
            if (item.at("group").get<std::string>().rfind("shot", 0) != 0) continue;
            const auto choices = choices_of(item);
            const std::string prompt = item.at("prompt");
            EXPECT_GE(demonstrations(prompt, choices[0]), 1U) << item;
            EXPECT_EQ(demonstrations(prompt, choices[0]), demonstrations(prompt, choices[1])) << item;
            ++checked;
        }
    }
    EXPECT_GT(checked, 150U);
}

}  // namespace
}  // namespace contrans::testing
