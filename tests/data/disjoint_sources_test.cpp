// Source texts of refinement, development and test are disjoint: no run of 8 words in two of them, no near-duplicates.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

constexpr std::size_t kRun = 8;
constexpr std::size_t kCharacterRun = 9;
constexpr double kMostAlike = 0.6;
const std::vector<std::string> kFolders = {"truthfulness",          "refusal",        "fairness",     "sentiment",
                                           "instruction-following", "customer-reply", "proofreading", "brevity"};
const std::set<std::string> kWithFreeGeneration = {"customer-reply", "brevity"};

struct Source {
    std::string purpose;  // pairs, dev, test or free: what follows the last '-' of the file's name
    std::string text;
};

std::vector<Source> sources_of(const std::string& folder, const std::string& prefix = "") {
    std::vector<Source> found;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "scenarios" / folder)) {
        const std::string stem = entry.path().stem().string();
        if (!stem.starts_with(prefix)) continue;
        for (const auto& line : read_lines(entry.path())) found.push_back({stem.substr(stem.rfind('-') + 1), line});
    }
    return found;
}

class Sources : public ::testing::TestWithParam<std::string> {
protected:
    std::vector<Source> sources_ = sources_of(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Sources, ::testing::ValuesIn(kFolders), [](const auto& one) {
    std::string name = one.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST_P(Sources, ServeEveryPurpose) {
    std::set<std::string> purposes;
    for (const auto& source : sources_) purposes.insert(source.purpose);
    std::set<std::string> wanted = {"pairs", "dev", "test"};
    if (kWithFreeGeneration.contains(GetParam())) wanted.insert("free");
    EXPECT_EQ(purposes, wanted);
}

TEST_P(Sources, ShareNoRunOfWordsAcrossPurposes) {
    std::map<std::string, std::string> purpose_of;
    for (const auto& source : sources_) {
        for (const auto& run : word_runs(source.text, kRun)) {
            EXPECT_EQ(purpose_of.emplace(run, source.purpose).first->second, source.purpose) << run;
        }
    }
    EXPECT_GT(purpose_of.size(), 500U);
}

TEST_P(Sources, AreNotAlikeAcrossPurposes) {
    std::vector<std::set<std::string>> content;
    for (const auto& source : sources_) content.push_back(content_words(source.text));
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        for (std::size_t j = i + 1; j < sources_.size(); ++j) {
            if (sources_[i].purpose == sources_[j].purpose) continue;
            EXPECT_LE(jaccard(content[i], content[j]), kMostAlike) << sources_[i].text << "\n" << sources_[j].text;
        }
    }
}

/// Rows of a concept's .jsonl files whose name ends with `suffix`, those of pairs or those of tasks.
std::vector<std::string> texts_of_files(const std::string& name, bool of_pairs, const std::string& suffix = "") {
    std::vector<std::string> texts;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "concepts" / name)) {
        const std::string stem = entry.path().stem().string();
        if (entry.path().extension() != ".jsonl" || !stem.ends_with(suffix)) continue;
        if (stem.starts_with("pairs") != of_pairs) continue;
        for (auto& text : texts_of(read_json_lines(entry.path()))) texts.push_back(std::move(text));
    }
    return texts;
}

TEST_P(Sources, PairsShareNoRunOfWordsWithTasks) {
    const auto pair_runs = word_runs(texts_of_files(GetParam(), true), kRun);
    const auto task_runs = word_runs(texts_of_files(GetParam(), false), kRun);
    ASSERT_FALSE(pair_runs.empty());
    ASSERT_FALSE(task_runs.empty());
    for (const auto& run : pair_runs) EXPECT_FALSE(task_runs.contains(run)) << run;
}

TEST(PromptsForGeneration, AreThirtyAndShareNoRunOfWordsWithPairsOrTasks) {
    for (const auto& name : kWithFreeGeneration) {
        const auto prompts = read_lines(data_dir() / "concepts" / name / "prompts.txt");
        EXPECT_EQ(prompts.size(), 30U) << name;
        auto others = texts_of_files(name, true);
        for (auto& text : texts_of_files(name, false)) others.push_back(std::move(text));
        const auto runs = word_runs(others, kRun);
        for (const auto& run : word_runs(prompts, kRun)) EXPECT_FALSE(runs.contains(run)) << run;
        for (const auto& prompt : prompts) {
            for (const auto& text : others) EXPECT_EQ(text.find(prompt), std::string::npos) << prompt;
        }
    }
}

// Words are not set apart in Japanese, so that word runs see nothing there.
TEST(JapaneseSources, ShareNoNineCharactersInARowAcrossPurposes) {
    std::map<std::string, std::string> purpose_of;
    for (const auto& source : sources_of("proofreading", "ja-")) {
        for (const auto& run : character_runs(source.text, kCharacterRun)) {
            EXPECT_EQ(purpose_of.emplace(run, source.purpose).first->second, source.purpose) << run;
        }
    }
    EXPECT_GT(purpose_of.size(), 2000U);
}

TEST(JapaneseSources, PairsShareNoNineCharactersInARowWithTasks) {
    std::set<std::string> pair_runs;
    for (const auto& text : texts_of_files("proofreading", true, "_ja"))
        pair_runs.merge(character_runs(text, kCharacterRun));
    ASSERT_GT(pair_runs.size(), 2000U);
    for (const auto& text : texts_of_files("proofreading", false, "_ja")) {
        for (const auto& run : character_runs(text, kCharacterRun)) EXPECT_FALSE(pair_runs.contains(run)) << run;
    }
}

TEST(CharacterRuns, SkipBlanksAndMarks) {
    EXPECT_EQ(character_runs("日本、 語。| ab", 4), (std::set<std::string>{"日本語a", "本語ab"}));
    EXPECT_TRUE(character_runs("日本語", 4).empty());
}

}  // namespace
}  // namespace contrans::testing
