// Source texts of refinement, development and test are disjoint: no run of 8 words in two of them, no near-duplicates.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

constexpr std::size_t kRun = 8;
constexpr double kMostAlike = 0.6;
const std::vector<std::string> kFolders = {"truthfulness", "refusal", "fairness", "sentiment"};

struct Source {
    std::string purpose;  // pairs, dev or test: what follows the last '-' of the file's name
    std::string text;
};

std::vector<Source> sources_of(const std::string& folder) {
    std::vector<Source> found;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "scenarios" / folder)) {
        const std::string stem = entry.path().stem().string();
        for (const auto& line : read_lines(entry.path())) found.push_back({stem.substr(stem.rfind('-') + 1), line});
    }
    return found;
}

class Sources : public ::testing::TestWithParam<std::string> {
protected:
    std::vector<Source> sources_ = sources_of(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Sources, ::testing::ValuesIn(kFolders), [](const auto& one) { return one.param; });

TEST_P(Sources, ServeAllThreePurposes) {
    std::set<std::string> purposes;
    for (const auto& source : sources_) purposes.insert(source.purpose);
    EXPECT_EQ(purposes, (std::set<std::string>{"pairs", "dev", "test"}));
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

TEST_P(Sources, PairsShareNoRunOfWordsWithTasks) {
    std::set<std::string> pair_runs;
    std::set<std::string> task_runs;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "concepts" / GetParam())) {
        if (entry.path().extension() != ".jsonl") continue;
        const bool is_pairs = entry.path().stem().string().rfind("pairs", 0) == 0;
        (is_pairs ? pair_runs : task_runs).merge(word_runs(texts_of(read_json_lines(entry.path())), kRun));
    }
    ASSERT_FALSE(pair_runs.empty());
    ASSERT_FALSE(task_runs.empty());
    for (const auto& run : pair_runs) EXPECT_FALSE(task_runs.contains(run)) << run;
}

}  // namespace
}  // namespace contrans::testing
