// Pairs and tasks of every concept: counts, balance, and no scenario that serves two purposes.
#include <algorithm>
#include <optional>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

constexpr std::size_t kRefinementLines = 120;
constexpr std::size_t kDevelopmentLines = 24;
const std::vector<std::string> kNouns = {" happiness", " sadness", " anger", " fear", " disgust", " surprise"};
const std::vector<std::string> kAdjectives = {" happy", " sad", " angry", " afraid", " disgusted", " surprised"};

enum class Purpose { refinement, development, test };

struct Place {
    std::string emotion;
    std::size_t line = 0;  // 0-based
    std::string text;

    [[nodiscard]] Purpose purpose() const {
        if (line < kRefinementLines) return Purpose::refinement;
        return line < kRefinementLines + kDevelopmentLines ? Purpose::development : Purpose::test;
    }
};

/// The one scenario inside a text; a text with none or several is an error of the data.
Place scenario_in(const std::string& text) {
    static const auto scenarios = read_scenarios();
    std::vector<Place> found;
    for (const auto& [emotion, lines] : scenarios) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (text.find(lines[i]) != std::string::npos) found.push_back({emotion, i, lines[i]});
        }
    }
    if (found.size() != 1) throw std::runtime_error(std::to_string(found.size()) + " scenarios in: " + text);
    return found.front();
}

/// The text with its scenario replaced by a mark.
std::string template_of(const std::string& text) {
    const std::string scenario = scenario_in(text).text;
    std::string rest = text;
    return rest.replace(rest.find(scenario), scenario.size(), "{s}");
}

std::size_t index_of(const std::string& emotion) {
    return static_cast<std::size_t>(std::find(kEmotions.begin(), kEmotions.end(), emotion) - kEmotions.begin());
}

struct Task {
    std::string file;
    Purpose purpose;
    std::size_t items_per_other;
};

const std::vector<Task> kTasks = {{"dev.jsonl", Purpose::development, 12}, {"test.jsonl", Purpose::test, 20}};

class EmotionFiles : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, EmotionFiles, ::testing::ValuesIn(kEmotions), [](const auto& one) { return one.param; });

TEST_P(EmotionFiles, PairsHoldEachRefinementScenarioOnce) {
    const auto pairs = read_concept(GetParam(), "pairs.jsonl");
    ASSERT_EQ(pairs.size(), 120U);
    std::set<std::string> seen;
    for (const auto& text : texts_of(pairs)) {
        const Place place = scenario_in(text);
        EXPECT_EQ(place.purpose(), Purpose::refinement) << text;
        EXPECT_TRUE(seen.insert(place.text).second) << "twice: " << place.text;
    }
}

TEST_P(EmotionFiles, PairsSetTheEmotionAgainstTheOthersInOneTemplate) {
    std::map<std::string, std::size_t> others;
    std::map<std::string, std::size_t> templates;
    for (const auto& pair : read_concept(GetParam(), "pairs.jsonl")) {
        ASSERT_EQ(pair.size(), 2U);
        EXPECT_EQ(scenario_in(pair.at("positive")).emotion, GetParam());
        ++others[scenario_in(pair.at("negative")).emotion];
        EXPECT_EQ(template_of(pair.at("positive")), template_of(pair.at("negative")));
        ++templates[template_of(pair.at("positive"))];
    }
    EXPECT_FALSE(others.contains(GetParam()));
    expect_balanced(others, 5, 0);
    expect_balanced(templates, 6, 0);
}

TEST_P(EmotionFiles, RefinementTemplatesNameNoEmotionAndAreNoEvaluationTemplate) {
    std::set<std::string> evaluation;
    for (const auto& task : kTasks) {
        for (const auto& item : read_concept(GetParam(), task.file)) evaluation.insert(template_of(item.at("prompt")));
    }
    for (const auto& pair : read_concept(GetParam(), "pairs.jsonl")) {
        const std::string frame = template_of(pair.at("positive"));
        EXPECT_FALSE(evaluation.contains(frame)) << frame;
        for (const auto& word : words(frame)) {
            EXPECT_EQ(std::count(kNouns.begin(), kNouns.end(), " " + word), 0) << frame;
            EXPECT_EQ(std::count(kAdjectives.begin(), kAdjectives.end(), " " + word), 0) << frame;
        }
    }
}

TEST_P(EmotionFiles, ItemsAskForTheEmotionOnScenariosOfTheOthers) {
    for (const auto& task : kTasks) {
        std::map<std::string, std::size_t> sources;
        std::set<std::string> seen;
        for (const auto& item : read_concept(GetParam(), task.file)) {
            const Place place = scenario_in(item.at("prompt"));
            EXPECT_EQ(place.purpose(), task.purpose) << item.at("prompt");
            EXPECT_TRUE(seen.insert(place.text).second) << "twice: " << place.text;
            EXPECT_EQ(item.at("answer").get<std::size_t>(), index_of(GetParam()));
            const auto choices = item.at("choices").get<std::vector<std::string>>();
            EXPECT_TRUE(choices == kNouns || choices == kAdjectives) << item.at("choices");
            ++sources[place.emotion];
        }
        EXPECT_FALSE(sources.contains(GetParam()));
        expect_balanced(sources, 5, 0);
        EXPECT_EQ(seen.size(), 5 * task.items_per_other);
    }
}

TEST_P(EmotionFiles, EightTemplatesTakeTurnsWithinEachSource) {
    for (const auto& task : kTasks) {
        std::map<std::string, std::size_t> groups;
        std::map<std::string, std::map<std::string, std::size_t>> per_source;
        std::map<std::string, std::string> frame_of;
        std::map<std::string, std::size_t> forms;
        for (const auto& item : read_concept(GetParam(), task.file)) {
            const std::string group = item.at("group");
            const std::string frame = template_of(item.at("prompt"));
            EXPECT_EQ(frame_of.emplace(group, frame).first->second, frame) << group;
            EXPECT_LT(words(frame).size(), 60U) << frame;
            ++groups[group];
            ++per_source[scenario_in(item.at("prompt")).emotion][group];
            ++forms[item.at("choices").at(0)];
        }
        expect_balanced(groups, 8, 1);
        for (const auto& [source, counts] : per_source) expect_balanced(counts, 8, 1);
        expect_balanced(forms, 2, 4);
    }
}

TEST(FewShotTemplates, DemonstrateEachEmotionOnce) {
    std::map<std::string, std::size_t> demonstrated;
    std::set<std::string> frames;
    for (const auto& item : read_concept("anger", "test.jsonl")) frames.insert(template_of(item.at("prompt")));
    for (const auto& frame : frames) {
        for (const auto& word : words(frame)) {
            for (std::size_t i = 0; i < kEmotions.size(); ++i) {
                if (" " + word == kNouns[i] || " " + word == kAdjectives[i]) ++demonstrated[kEmotions[i]];
            }
        }
    }
    expect_balanced(demonstrated, 6, 0);
}

TEST(Disjointness, NoScenarioServesTwoPurposesInAnyConcept) {
    std::map<std::string, std::string> file_kind;
    for (const auto& emotion : kEmotions) {
        for (const std::string file : {"pairs.jsonl", "dev.jsonl", "test.jsonl"}) {
            for (const auto& row : read_concept(emotion, file)) {
                for (const auto& key : {"positive", "negative", "prompt"}) {
                    if (!row.contains(key)) continue;
                    const std::string scenario = scenario_in(row.at(key)).text;
                    EXPECT_EQ(file_kind.emplace(scenario, file).first->second, file) << scenario;
                }
            }
        }
    }
    EXPECT_GT(file_kind.size(), 900U);
}

/// Line of prompts.txt inside a polite task's prompt.
std::optional<std::size_t> message_in(const std::string& prompt, const std::vector<std::string>& messages) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (prompt.find(messages[i]) != std::string::npos) return i;
    }
    return std::nullopt;
}

struct PoliteTask {
    std::string file;
    std::size_t first;
    std::size_t end;
};

const std::vector<PoliteTask> kPoliteTasks = {{"dev.jsonl", 0, 16}, {"test.jsonl", 16, 40}};

TEST(Polite, EveryMessageIsAskedTwiceAndThePoliteReplyIsTheAnswer) {
    const auto messages = read_lines(data_dir() / "concepts" / "polite" / "prompts.txt");
    const auto replies = read_concept("polite", "replies.jsonl");
    ASSERT_EQ(messages.size(), 40U);
    ASSERT_EQ(replies.size(), 40U);
    for (const auto& task : kPoliteTasks) {
        std::map<std::size_t, std::set<std::string>> groups_of;
        for (const auto& item : read_concept("polite", task.file)) {
            const auto line = message_in(item.at("prompt"), messages);
            ASSERT_TRUE(line.has_value()) << item.at("prompt");
            const auto answer = item.at("answer").get<std::size_t>();
            EXPECT_EQ(item.at("choices").at(answer), " " + replies[*line].at("polite").get<std::string>());
            EXPECT_EQ(item.at("choices").at(1 - answer), " " + replies[*line].at("rude").get<std::string>());
            groups_of[*line].insert(item.at("group").get<std::string>());
        }
        EXPECT_EQ(groups_of.size(), task.end - task.first);
        for (const auto& [line, groups] : groups_of) {
            EXPECT_TRUE(line >= task.first && line < task.end) << line;
            EXPECT_EQ(groups.size(), 2U) << line;
        }
    }
}

TEST(Polite, TemplatesAndAnswersAreBalanced) {
    for (const auto& task : kPoliteTasks) {
        std::map<std::string, std::size_t> groups;
        std::map<std::string, std::size_t> answers;
        for (const auto& item : read_concept("polite", task.file)) {
            ++groups[item.at("group")];
            ++answers[item.at("answer").dump()];
        }
        expect_balanced(groups, 8, 0);
        expect_balanced(answers, 2, 0);
    }
}

TEST(Polite, PairsShareNoRunWithMessagesOrReplies) {
    const auto pairs = read_concept("polite", "pairs.jsonl");
    ASSERT_EQ(pairs.size(), 40U);
    auto evaluated = texts_of(read_concept("polite", "replies.jsonl"));
    for (auto& message : read_lines(data_dir() / "concepts" / "polite" / "prompts.txt")) evaluated.push_back(message);
    const auto runs = word_runs(evaluated, 6);
    for (const auto& run : word_runs(texts_of(pairs), 6)) EXPECT_FALSE(runs.contains(run)) << run;
}

TEST(ConceptFolders, EachHasItsPage) {
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "concepts")) {
        if (!entry.is_directory()) continue;
        EXPECT_TRUE(std::filesystem::exists(entry.path() / "README.md")) << entry.path();
    }
}

}  // namespace
}  // namespace contrans::testing
