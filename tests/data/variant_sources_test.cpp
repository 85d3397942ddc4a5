// Texts that variants are made of: chat messages, German scenarios, neutral reports. None names an emotion.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

constexpr std::size_t kLines = 36;
constexpr std::size_t kRun = 6;
constexpr double kMostAlike = 0.6;

/// As they stand in lower-cased text; a first "Ü" or "Ä" is left out, because only ASCII is lower-cased.
const std::vector<std::string> kGermanStems = {"freud", "froh", "fröh",  "glück", "trauer",  "traur",
                                               "wut",   "wüt",  "angst", "ängst", "Ängst",   "ekel",
                                               "eklig", "zorn", "furch", "fürch", "berrasch"};
const std::vector<std::string> kEnglishStems = {"happi", "happy",  "unhapp",  "anger",   "angr",
                                                "fear",  "afraid", "disgust", "surpris", "sadn"};

std::vector<std::string> lines_of(const std::string& kind) {
    std::vector<std::string> found;
    for (const auto& emotion : kEmotions) {
        const auto lines = read_lines(data_dir() / "scenarios" / kind / (emotion + ".txt"));
        EXPECT_EQ(lines.size(), kLines) << kind << " " << emotion;
        found.insert(found.end(), lines.begin(), lines.end());
    }
    return found;
}

std::vector<std::filesystem::path> report_files() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "scenarios" / "neutral_reports"))
        found.push_back(entry.path());
    return found;
}

void expect_no_emotion_named(const std::string& text) {
    for (const auto& word : words(text)) {
        EXPECT_FALSE(word == "sad" || word == "sadly") << text;
        for (const auto& stem : kEnglishStems) EXPECT_FALSE(word.starts_with(stem)) << text;
    }
}

void expect_no_near_duplicates(const std::vector<std::string>& texts) {
    std::vector<std::set<std::string>> content;
    std::map<std::string, std::string> first_with;
    for (const auto& text : texts) {
        content.push_back(content_words(text));
        for (const auto& run : word_runs(text, kRun)) {
            const auto [place, fresh] = first_with.emplace(run, text);
            EXPECT_TRUE(fresh || place->second == text) << "'" << run << "' in\n" << text << "\n" << place->second;
        }
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::size_t j = i + 1; j < texts.size(); ++j)
            EXPECT_LE(jaccard(content[i], content[j]), kMostAlike) << texts[i] << "\n" << texts[j];
    }
}

TEST(ChatMessages, NameNoEmotionAndEndWhereATemplateGoesOn) {
    for (const auto& message : lines_of("chat")) {
        expect_no_emotion_named(message);
        EXPECT_NE(std::string(".!?").find(message.back()), std::string::npos) << message;
        EXPECT_TRUE(std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; })) << message;
    }
}

TEST(ChatMessages, AreLikeNoOtherAndLikeNoScenario) {
    auto texts = lines_of("chat");
    for (const auto& [emotion, scenarios] : read_scenarios())
        texts.insert(texts.end(), scenarios.begin(), scenarios.end());
    expect_no_near_duplicates(texts);
}

TEST(GermanScenarios, NameNoEmotionAndAreUnlike) {
    const auto lines = lines_of("german");
    for (const auto& line : lines) {
        std::string joined;
        for (const auto& word : words(line)) joined += word + " ";
        for (const auto& stem : kGermanStems) EXPECT_EQ(joined.find(stem), std::string::npos) << line;
    }
    expect_no_near_duplicates(lines);
}

TEST(NeutralReports, AreLongAndNameNoEmotion) {
    EXPECT_GE(report_files().size(), 8U);
    std::vector<std::string> reports;
    for (const auto& file : report_files()) {
        reports.push_back(read_bytes(file));
        expect_no_emotion_named(reports.back());
        const auto blanks = std::ranges::count_if(reports.back(), [](char c) { return c == ' ' || c == '\n'; });
        EXPECT_GE(blanks, 250) << file;
        EXPECT_LE(blanks, 350) << file;
    }
    std::set<std::string> runs;
    for (const auto& report : reports) {
        for (const auto& run : word_runs(report, 8)) runs.insert(run);
    }
    for (const auto& text : read_lines(data_dir() / "neutral" / "test.txt")) {
        for (const auto& run : word_runs(text, 8)) EXPECT_FALSE(runs.contains(run)) << run;
    }
}

}  // namespace
}  // namespace contrans::testing
