// Fairness: harmless questions on topics that mention a group, and for each a reply that engages and one that avoids.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

const std::string kName = "fairness";
constexpr std::size_t kKinds = 10;
constexpr std::size_t kTemplates = 8;
constexpr std::size_t kMostInTemplate = 2;  // items of one kind
constexpr std::size_t kPlacesApart = 4;     // of the answer, among the items of one kind
constexpr std::size_t kLettersApart = 4;    // between the two replies of a template
constexpr std::size_t kRun = 6;
constexpr double kMostAlike = 0.5;

struct Half {
    std::string name;
    std::size_t rounds;  // of one question of every kind
};

const std::vector<Half> kHalves = {{"dev", 6}, {"test", 10}};

struct Question {
    std::string kind;
    std::string text;
};

std::vector<Question> questions_of(const std::string& half) {
    std::vector<Question> found;
    for (const auto& row : read_sources(kName, "topics-" + half + ".txt")) found.push_back({row.at(0), row.at(1)});
    return found;
}

std::vector<Question> all_questions() {
    std::vector<Question> found;
    for (const auto& half : kHalves) {
        for (auto& question : questions_of(half.name)) found.push_back(std::move(question));
    }
    return found;
}

/// One item taken apart.
struct Parts {
    Question question;
    std::string group;
    std::string frame;  // the prompt, with a mark for the question
    std::string engaging;
    std::string avoiding;
    std::size_t answer = 0;
};

/// A prompt that holds none of the questions is an error of the data.
Parts parts_of(const nlohmann::json& item, const std::vector<Question>& questions) {
    const std::string prompt = item.at("prompt");
    const auto found = std::ranges::find_if(
        questions, [&](const Question& question) { return prompt.find(question.text) != std::string::npos; });
    if (found == questions.end()) throw std::runtime_error("no question in: " + prompt);
    std::string frame = prompt;
    frame.replace(frame.find(found->text), found->text.size(), "{s}");
    const std::size_t answer = answer_of(item);
    const std::string group = item.at("group");
    return {*found, group, frame, answer_text(item), choices_of(item).at(1 - answer), answer};
}

class FairnessTopics : public ::testing::TestWithParam<Half> {
protected:
    FairnessTopics() {
        const auto questions = questions_of(GetParam().name);
        for (const auto& item : items_) parts_.push_back(parts_of(item, questions));
    }

    std::vector<nlohmann::json> items_ = read_concept(kName, "topics_" + GetParam().name + ".jsonl");
    std::vector<Parts> parts_;
};
INSTANTIATE_TEST_SUITE_P(All, FairnessTopics, ::testing::ValuesIn(kHalves),
                         [](const auto& one) { return one.param.name; });

TEST_P(FairnessTopics, HoldEachQuestionOnceInRoundsOfEveryKind) {
    const std::size_t items = GetParam().rounds * kKinds;
    ASSERT_EQ(parts_.size(), items);
    EXPECT_EQ(questions_of(GetParam().name).size(), items);
    std::set<std::string> seen;
    std::vector<std::set<std::string>> kinds_of_round(GetParam().rounds);
    std::map<std::string, std::size_t> kinds;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const Question& question = parts_[i].question;
        EXPECT_TRUE(seen.insert(question.text).second) << "twice: " << question.text;
        EXPECT_EQ(items_[i].at("about").get<std::string>(), question.kind) << items_[i];
        EXPECT_TRUE(kinds_of_round.at(i / kKinds).insert(question.kind).second) << items_[i];
        ++kinds[question.kind];
    }
    expect_balanced(kinds, kKinds, 0);
}

TEST_P(FairnessTopics, EveryKindMeetsTemplatesAndPlacesAlike) {
    std::map<std::string, std::map<std::string, std::size_t>> groups;
    std::map<std::string, std::map<std::string, std::size_t>> places;
    for (const auto& parts : parts_) {
        EXPECT_LE(++groups[parts.question.kind][parts.group], kMostInTemplate) << parts.question.text;
        ++places[parts.question.kind][std::to_string(parts.answer)];
    }
    for (const auto& [kind, counts] : groups) EXPECT_GE(counts.size(), kTemplates - 2) << kind;
    for (const auto& [kind, counts] : places) expect_balanced(counts, 2, kPlacesApart);
}

TEST_P(FairnessTopics, EveryTemplateHasTwoRepliesOfLikeLengthWhichTakeTurns) {
    std::map<std::string, Parts> first_of;
    std::map<std::string, std::map<std::string, std::size_t>> places;
    std::set<std::string> replies;
    for (const auto& parts : parts_) {
        const Parts& first = first_of.emplace(parts.group, parts).first->second;
        EXPECT_EQ(parts.frame, first.frame);
        EXPECT_EQ(parts.engaging, first.engaging);
        EXPECT_EQ(parts.avoiding, first.avoiding);
        EXPECT_EQ(words(parts.engaging).size(), words(parts.avoiding).size()) << parts.engaging;
        const auto [shorter, longer] = std::minmax({parts.engaging.size(), parts.avoiding.size()});
        EXPECT_LE(longer - shorter, kLettersApart) << parts.engaging;
        replies.insert(parts.engaging);
        replies.insert(parts.avoiding);
        ++places[parts.group][std::to_string(parts.answer)];
    }
    EXPECT_EQ(replies.size(), 2 * kTemplates);
    std::size_t engaging_longer = 0;
    std::size_t avoiding_longer = 0;
    for (const auto& [group, parts] : first_of) {
        if (parts.engaging.size() > parts.avoiding.size()) ++engaging_longer;
        if (parts.engaging.size() < parts.avoiding.size()) ++avoiding_longer;
    }
    EXPECT_EQ(engaging_longer, avoiding_longer) << "templates";
    for (const auto& [group, counts] : places) expect_balanced(counts, 2, 1);
}

TEST(FairnessTopicQuestions, EndAsASentenceAndFitBetweenQuotationMarks) {
    for (const auto& question : all_questions()) {
        EXPECT_NE(std::string(".?").find(question.text.back()), std::string::npos) << question.text;
        EXPECT_TRUE(std::ranges::all_of(question.text, [](char c) { return c >= ' ' && c <= '~' && c != '"'; }))
            << question.text;
    }
}

TEST(FairnessTopicQuestions, AreUnlikeEachOther) {
    const auto questions = all_questions();
    std::map<std::string, std::string> first_with;
    for (const auto& question : questions) {
        for (const auto& run : word_runs(question.text, kRun)) {
            EXPECT_EQ(first_with.emplace(run, question.text).first->second, question.text) << run;
        }
    }
    for (std::size_t i = 0; i < questions.size(); ++i) {
        for (std::size_t j = i + 1; j < questions.size(); ++j) {
            EXPECT_LE(jaccard(content_words(questions[i].text), content_words(questions[j].text)), kMostAlike)
                << questions[i].text << "\n"
                << questions[j].text;
        }
    }
}

/// Every line under scenarios/ but for those of topics.
std::vector<std::string> other_sources() {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_dir() / "scenarios")) {
        if (!entry.is_regular_file() || entry.path().stem().string().starts_with("topics-")) continue;
        for (auto& line : read_lines(entry.path())) found.push_back(std::move(line));
    }
    return found;
}

TEST(FairnessTopicQuestions, AreUnlikeTheTextsOfEveryConcept) {
    const auto others = other_sources();
    ASSERT_GT(others.size(), 1000U);
    std::vector<std::set<std::string>> content;
    for (const auto& other : others) content.push_back(content_words(other));
    const auto runs = word_runs(others, kRun);
    for (const auto& question : all_questions()) {
        for (const auto& run : word_runs(question.text, kRun)) EXPECT_FALSE(runs.contains(run)) << run;
        const auto own = content_words(question.text);
        for (std::size_t i = 0; i < others.size(); ++i) {
            EXPECT_LE(jaccard(own, content[i]), kMostAlike) << question.text << "\n" << others[i];
        }
    }
}

}  // namespace
}  // namespace contrans::testing
