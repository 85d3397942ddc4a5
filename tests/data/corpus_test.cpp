// A map fitted on the concept's own texts reproduces the native vector by algebra: the corpus must not hold them.
#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kRun = 8;

/// Texts of every .jsonl and .txt file under data/FOLDER.
std::vector<std::string> texts_under(const std::string& folder) {
    std::vector<std::string> texts;
    const auto append = [&texts](std::vector<std::string> more) {
        texts.insert(texts.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    for (const auto& entry : fs::recursive_directory_iterator(data_dir() / folder)) {
        if (entry.path().extension() == ".jsonl") append(texts_of(read_json_lines(entry.path())));
        if (entry.path().extension() == ".txt") append(read_lines(entry.path()));
    }
    return texts;
}

TEST(Corpus, SharesNoEightWordsInARowWithAConcept) {
    const auto corpus = texts_under("corpus");
    ASSERT_FALSE(corpus.empty());
    auto concepts = texts_under("concepts");
    for (auto& text : texts_under("scenarios")) concepts.push_back(std::move(text));
    const auto runs = word_runs(concepts, kRun);
    ASSERT_GT(runs.size(), 1000U);
    for (const auto& run : word_runs(corpus, kRun)) EXPECT_FALSE(runs.contains(run)) << run;
}

TEST(Corpus, SharesNoEightWordsInARowWithTheNeutralTexts) {
    const auto runs = word_runs(texts_under("neutral"), kRun);
    ASSERT_FALSE(runs.empty());
    for (const auto& run : word_runs(texts_under("corpus"), kRun)) EXPECT_FALSE(runs.contains(run)) << run;
}

}  // namespace
}  // namespace contrans::testing
