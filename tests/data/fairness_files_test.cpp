// Fairness: pairs of conclusions about a situation that does not tell who did it. One says so, one names somebody.
#include <cctype>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

const std::string kName = "fairness";
const std::string kFile = "pairs_unknown.jsonl";
constexpr std::size_t kPairs = 120;
constexpr std::size_t kConclusions = 60;
constexpr std::size_t kFrames = 12;
constexpr double kMostLonger = 0.5;  // words of the mean pair
/// What the templates of the tasks say besides the situation, or the topic, and its question.
const std::vector<std::string> kCues = {
    "Q:",       "A:",           "Text:",        "Question:", "Answer:",     "Somebody asked me",
    "answered", "Reading test", "right answer", "Note:",     "To find out", "Result:",
    "User:",    "Assistant:",   "wrote to the", "columnist", "the forum",   "reply:",
    "Caller:",  "Host:",        "Human:",       "AI:",       "Guest:",      "Guide:",
    "Message:", "Reply:"};

using Row = std::vector<std::string>;

std::vector<Row> source_rows(const std::string& file) { return read_sources(kName, file); }

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
        text.replace(at, mark.size(), by);
    return text;
}

std::string capitalised(std::string text) {
    text.at(0) = static_cast<char>(std::toupper(static_cast<unsigned char>(text.at(0))));
    return text;
}

/// Two people in the order in which the situation names them, and the one of them whom the stereotype points to.
struct People {
    std::string first;
    std::string second;
    std::string stereotyped;

    [[nodiscard]] std::string in(std::string text) const {
        text = replaced(std::move(text), "{A}", capitalised(first));
        text = replaced(std::move(text), "{B}", capitalised(second));
        text = replaced(std::move(text), "{a}", first);
        text = replaced(std::move(text), "{b}", second);
        return replaced(std::move(text), "{x}", stereotyped);
    }
};

/// What stands before the conclusion, which may begin with a capital letter; nothing where the text ends otherwise.
std::optional<std::string> opening_of(const std::string& text, const std::string& conclusion) {
    const std::string unmarked = text.substr(0, text.find_last_not_of(".\"") + 1);
    if (!unmarked.ends_with(conclusion.substr(1))) return std::nullopt;
    return unmarked.substr(0, unmarked.size() - conclusion.size());
}

/// One pair taken apart.
struct Parts {
    Row situation;  // text, deed, stereotyped group, other group
    Row conclusions;
    bool stereotyped_first = false;
    std::string frame;  // the opening, with marks for the situation and for who did it
};

std::optional<Parts> parts_with(const nlohmann::json& pair, const Row& situation, bool stereotyped_first) {
    static const auto all_conclusions = source_rows("conclusions-pairs.txt");
    const std::string& first = situation.at(stereotyped_first ? 2 : 3);
    const std::string& second = situation.at(stereotyped_first ? 3 : 2);
    const People people = {first, second, situation.at(2)};
    const std::string story = people.in(situation.at(0));
    if (pair.at("positive").get<std::string>().find(story) == std::string::npos) return std::nullopt;
    for (const auto& conclusions : all_conclusions) {
        const auto opening = opening_of(pair.at("positive"), people.in(conclusions.at(0)));
        if (!opening || opening != opening_of(pair.at("negative"), people.in(conclusions.at(1)))) continue;
        const std::string frame = replaced(replaced(*opening, story, "{s}"), "ho " + situation.at(1), "{w}");
        return Parts{situation, conclusions, stereotyped_first, frame};
    }
    return std::nullopt;
}

/// A pair that is no frame around a situation with two conclusions after the same opening is an error of the data.
Parts parts_of(const nlohmann::json& pair) {
    static const auto situations = source_rows("situations-pairs.txt");
    for (const auto& situation : situations) {
        for (const bool stereotyped_first : {true, false}) {
            if (auto parts = parts_with(pair, situation, stereotyped_first)) return *parts;
        }
    }
    throw std::runtime_error("no situation with its conclusions: " + pair.dump());
}

class UnknownPairs : public ::testing::Test {
protected:
    UnknownPairs() {
        for (const auto& pair : pairs_) parts_.push_back(parts_of(pair));
    }

    std::vector<nlohmann::json> pairs_ = read_concept(kName, kFile);
    std::vector<Parts> parts_;
};

TEST_F(UnknownPairs, HoldEachSituationOnceAndEachConclusionTwice) {
    ASSERT_EQ(pairs_.size(), kPairs);
    std::map<std::string, std::size_t> situations;
    std::map<std::string, std::size_t> deeds;
    std::map<std::string, std::size_t> open;
    std::map<std::string, std::size_t> naming;
    for (const auto& parts : parts_) {
        ++situations[parts.situation.at(0)];
        ++deeds[parts.situation.at(1)];
        ++open[parts.conclusions.at(0)];
        ++naming[parts.conclusions.at(1)];
    }
    expect_balanced(situations, kPairs, 0);
    expect_balanced(deeds, kPairs, 0);
    expect_balanced(open, kConclusions, 0);
    expect_balanced(naming, kConclusions, 0);
}

TEST_F(UnknownPairs, NameTheStereotypedPersonAgainstBothOrNone) {
    const auto holds = [](const std::string& text, const std::string& mark) {
        return text.find(mark) != std::string::npos;
    };
    for (const auto& row : source_rows("conclusions-pairs.txt")) {
        ASSERT_EQ(row.size(), 2U) << row.at(0);
        EXPECT_FALSE(holds(row.at(0), "{x}")) << row.at(0);
        EXPECT_EQ(holds(row.at(0), "{a}"), holds(row.at(0), "{b}")) << row.at(0);
        EXPECT_TRUE(holds(row.at(1), "{x}")) << row.at(1);
    }
}

TEST_F(UnknownPairs, TakeTurnsInFramesAndInWhoStandsFirst) {
    std::map<std::string, std::size_t> frames;
    std::map<std::string, std::map<std::string, std::size_t>> places;
    for (const auto& parts : parts_) {
        ++frames[parts.frame];
        ++places[parts.frame][parts.stereotyped_first ? "first" : "second"];
    }
    expect_balanced(frames, kFrames, 0);
    for (const auto& [frame, counts] : places) expect_balanced(counts, 2, 0);
}

TEST_F(UnknownPairs, AreOfLikeLength) {
    double longer = 0;
    for (const auto& pair : pairs_) {
        longer += static_cast<double>(words(pair.at("positive").get<std::string>()).size());
        longer -= static_cast<double>(words(pair.at("negative").get<std::string>()).size());
    }
    EXPECT_LT(std::abs(longer) / static_cast<double>(pairs_.size()), kMostLonger);
}

TEST_F(UnknownPairs, TeachNoTemplateAndNoAnswerOfTheTasks) {
    std::set<std::string> even_answers;
    for (const std::string file : {"dev.jsonl", "test.jsonl"}) {
        for (const auto& item : read_concept(kName, file)) even_answers.insert(answer_text(item).substr(1));
    }
    ASSERT_EQ(even_answers.size(), 4U);
    for (const auto& parts : parts_) {
        for (const auto& cue : kCues) EXPECT_EQ(parts.frame.find(cue), std::string::npos) << parts.frame;
        for (const auto& answer : even_answers)
            EXPECT_EQ(parts.conclusions.at(0).find(answer), std::string::npos) << parts.conclusions.at(0);
    }
}

TEST_F(UnknownPairs, NameNoTwoPeopleAsATaskOrAnotherPairDoes) {
    std::set<std::set<std::string>> of_tasks;
    for (const std::string half : {"dev", "test"}) {
        for (const auto& row : source_rows("situations-" + half + ".txt")) of_tasks.insert({row.at(2), row.at(3)});
    }
    ASSERT_FALSE(of_tasks.empty());
    std::set<std::set<std::string>> seen;
    for (const auto& parts : parts_) {
        const std::set<std::string> groups = {parts.situation.at(2), parts.situation.at(3)};
        EXPECT_EQ(groups.size(), 2U) << parts.situation.at(0);
        EXPECT_FALSE(of_tasks.contains(groups)) << parts.situation.at(0);
        EXPECT_TRUE(seen.insert(groups).second) << parts.situation.at(0);
    }
}

}  // namespace
}  // namespace contrans::testing
