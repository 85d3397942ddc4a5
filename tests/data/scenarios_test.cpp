// Scenarios and neutral texts: counts, no near-duplicates, no emotion named.
#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

constexpr double kMostAlike = 0.6;
constexpr std::size_t kRun = 6;

struct Scenario {
    std::string text;
    std::set<std::string> content;
};

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    for (const auto& [emotion, texts] : read_scenarios()) {
        for (const auto& text : texts) all.push_back({text, content_words(text)});
    }
    return all;
}

const std::set<std::string> kEmotionWords = {"happiness", "happy",     "happily",    "sadness",  "sad",      "sadly",
                                             "anger",     "angry",     "angrily",    "fear",     "fears",    "afraid",
                                             "disgust",   "disgusted", "disgusting", "surprise", "surprised"};

TEST(Scenarios, OneHundredAndEightyAnEmotion) {
    for (const auto& [emotion, texts] : read_scenarios()) EXPECT_EQ(texts.size(), 180U) << emotion;
}

TEST(Scenarios, NameNoEmotion) {
    for (const auto& scenario : all_scenarios()) {
        for (const auto& word : words(scenario.text)) EXPECT_FALSE(kEmotionWords.contains(word)) << scenario.text;
    }
}

TEST(Scenarios, NoTwoAreNearDuplicates) {
    const auto all = all_scenarios();
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = i + 1; j < all.size(); ++j) {
            EXPECT_LE(jaccard(all[i].content, all[j].content), kMostAlike) << all[i].text << "\n" << all[j].text;
        }
    }
}

TEST(Scenarios, NoTwoShareSixWordsInARow) {
    std::map<std::string, std::string> first_with;
    for (const auto& scenario : all_scenarios()) {
        for (const auto& run : word_runs(scenario.text, kRun)) {
            const auto [place, fresh] = first_with.emplace(run, scenario.text);
            EXPECT_TRUE(fresh) << "'" << run << "' in\n" << scenario.text << "\n" << place->second;
        }
    }
}

TEST(Neutral, DevelopmentAndTestAreDisjoint) {
    const auto dev = read_lines(data_dir() / "neutral" / "dev.txt");
    const auto test = read_lines(data_dir() / "neutral" / "test.txt");
    EXPECT_EQ(dev.size(), 100U);
    EXPECT_EQ(test.size(), 100U);
    const auto dev_runs = word_runs(dev, kRun);
    for (const auto& run : word_runs(test, kRun)) EXPECT_FALSE(dev_runs.contains(run)) << run;
    for (const auto& a : dev) {
        for (const auto& b : test) EXPECT_LE(jaccard(content_words(a), content_words(b)), kMostAlike) << a << "\n" << b;
    }
}

TEST(NearDuplicates, AreNoticed) {
    const std::string text = "The rope holding me to the cliff began to fray.";
    EXPECT_GT(jaccard(content_words(text), content_words("The rope that was holding us on a cliff began to fray")),
              kMostAlike);
    EXPECT_LT(jaccard(content_words(text), content_words("Lena heard the floorboards creak")), kMostAlike);
    EXPECT_TRUE(word_runs("It's: a ROPE, holding me to it", kRun).contains("its a rope holding me to"));
    EXPECT_TRUE(word_runs("five words are too few", kRun).empty());
}

}  // namespace
}  // namespace contrans::testing
