// Variants of test items: each changes what its name says of the item that "of" points to, and nothing else.
#include <algorithm>

#include "gtest/gtest.h"
#include "tests/data/balance.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

using Items = std::vector<nlohmann::json>;
using Translations = std::map<std::string, std::string>;

constexpr std::size_t kItems = 40;
constexpr std::size_t kTemplates = 8;
constexpr std::size_t kFirstTestLine = 144;  // 0-based, of data/scenarios/EMOTION.txt
constexpr std::size_t kTestLines = 36;

struct Variant {
    std::string name;  // of the concept
    std::string kind;
};

bool is_emotion(const std::string& name) { return std::ranges::count(kEmotions, name) == 1; }

std::vector<Variant> all_variants() {
    std::vector<Variant> found;
    for (const std::string kind : {"paraphrase", "german", "long", "against"}) {
        for (const auto& emotion : kEmotions) found.push_back({emotion, kind});
        for (const std::string name : {"refusal", "sentiment"}) found.push_back({name, kind});
    }
    for (const std::string kind : {"suffix", "chat"}) {
        for (const auto& emotion : kEmotions) found.push_back({emotion, kind});
    }
    return found;
}

/// Test text → its German, of the concept.
Translations read_translations(const std::string& name) {
    Translations found;
    if (is_emotion(name)) {
        for (const auto& [emotion, lines] : read_scenarios()) {
            const auto german = read_lines(data_dir() / "scenarios" / "german" / (emotion + ".txt"));
            for (std::size_t i = 0; i < kTestLines; ++i) found[lines.at(kFirstTestLine + i)] = german.at(i);
        }
        return found;
    }
    for (const auto& line : read_lines(data_dir() / "scenarios" / "german" / (name + ".txt"))) {
        const std::size_t bar = line.find(" | ");
        found[line.substr(0, bar)] = line.substr(bar + 3);
    }
    return found;
}

/// The one of the texts that the prompt holds.
std::string text_in(const std::string& prompt, const Translations& translations) {
    std::vector<std::string> found;
    for (const auto& [text, german] : translations) {
        if (prompt.find(text) != std::string::npos) found.push_back(text);
    }
    if (found.size() != 1) throw std::runtime_error(std::to_string(found.size()) + " texts in: " + prompt);
    return found.front();
}

/// Every prompt, positive and negative text of the concept's own folder.
std::vector<std::string> texts_beside(const std::string& name) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "concepts" / name)) {
        if (entry.path().extension() != ".jsonl") continue;
        for (auto& text : texts_of(read_json_lines(entry.path()))) found.push_back(std::move(text));
    }
    return found;
}

std::string prompt_of(const nlohmann::json& item) { return item.at("prompt"); }

class Variants : public ::testing::TestWithParam<Variant> {
protected:
    [[nodiscard]] const nlohmann::json& original(const nlohmann::json& item) const {
        return tests_.at(item.at("of").get<std::size_t>() - 1);
    }
    [[nodiscard]] bool is(const std::string& kind) const { return GetParam().kind == kind; }

    Items items_ = read_concept(GetParam().name, "variants/" + GetParam().kind + ".jsonl");
    Items tests_ = read_concept(GetParam().name, "test.jsonl");
    Translations translations_ = read_translations(GetParam().name);
};
INSTANTIATE_TEST_SUITE_P(All, Variants, ::testing::ValuesIn(all_variants()),
                         [](const auto& one) { return one.param.name + "_" + one.param.kind; });

TEST_P(Variants, AreFortyInEightTemplatesAndNoPromptComesTwice) {
    ASSERT_EQ(items_.size(), kItems);
    expect_balanced(count_groups(items_), kTemplates, 0);
    const auto others = texts_beside(GetParam().name);
    std::set<std::string> seen(others.begin(), others.end());
    for (const auto& item : items_) {
        EXPECT_TRUE(seen.insert(prompt_of(item)).second) << item;
        EXPECT_NE(prompt_of(item).back(), ' ') << item;
    }
}

TEST_P(Variants, KeepTheAnswerOfTheirOriginal) {
    if (is("chat")) return;
    std::set<std::size_t> lines;
    for (const auto& item : items_) {
        EXPECT_TRUE(lines.insert(item.at("of").get<std::size_t>()).second) << item;
        EXPECT_EQ(item.at("answer"), original(item).at("answer"));
        EXPECT_EQ(item.at("choices").size(), original(item).at("choices").size());
        EXPECT_EQ(item.at("choices") == original(item).at("choices"), !is("german")) << item;
        EXPECT_EQ(item.at("group") == original(item).at("group"), !is("german") && !is("paraphrase")) << item;
    }
}

TEST_P(Variants, HoldTheTextOfTheirOriginal) {
    if (is("chat")) return;
    for (const auto& item : items_) {
        const std::string text = text_in(prompt_of(original(item)), translations_);
        const std::string wanted = is("german") ? translations_.at(text) : text;
        EXPECT_NE(prompt_of(item).find(wanted), std::string::npos) << item << "\n" << wanted;
        if (is("long") || is("against")) {
            EXPECT_TRUE(prompt_of(item).ends_with("\n\n" + prompt_of(original(item)))) << item;
        }
    }
}

TEST_P(Variants, ParaphrasesAreInNoTemplateOfAnotherFile) {
    if (!is("paraphrase")) return;
    const auto others = texts_beside(GetParam().name);
    for (const auto& item : items_) {
        const std::string prompt = prompt_of(item);
        const std::string text = text_in(prompt, translations_);
        const std::string head = prompt.substr(0, prompt.find(text));
        const std::string tail = prompt.substr(head.size() + text.size());
        for (const auto& other : others) {
            EXPECT_FALSE(other.starts_with(head) && other.find(tail) != std::string::npos) << prompt << "\n" << other;
        }
    }
}

TEST_P(Variants, AgainstNamesTheAnswer) {
    if (!is("against")) return;
    std::set<std::string> wordings;
    for (const auto& item : items_) {
        const std::string answer = '"' + answer_text(item).substr(1) + '"';
        std::string instruction = prompt_of(item).substr(0, prompt_of(item).size() - prompt_of(original(item)).size());
        ASSERT_NE(instruction.find(answer), std::string::npos) << item;
        wordings.insert(instruction.replace(instruction.find(answer), answer.size(), "{w}"));
    }
    EXPECT_EQ(wordings.size(), 7U);
}

/// Emotion → the texts that its test scenarios, or its chat messages, are.
std::map<std::string, std::set<std::string>> texts_by_emotion(bool of_chat) {
    std::map<std::string, std::set<std::string>> found;
    for (const auto& [emotion, lines] : read_scenarios()) {
        const auto chat = read_lines(data_dir() / "scenarios" / "chat" / (emotion + ".txt"));
        const auto tests = lines.begin() + static_cast<std::ptrdiff_t>(kFirstTestLine);
        found[emotion] =
            of_chat ? std::set<std::string>(chat.begin(), chat.end()) : std::set<std::string>(tests, lines.end());
    }
    return found;
}

/// The one emotion of whose texts the prompt holds one.
std::string emotion_in(const std::string& prompt, const std::map<std::string, std::set<std::string>>& texts) {
    std::vector<std::string> found;
    for (const auto& [emotion, own] : texts) {
        for (const auto& text : own) {
            if (prompt.find(text) != std::string::npos) found.push_back(emotion);
        }
    }
    if (found.size() != 1) throw std::runtime_error(std::to_string(found.size()) + " emotions in: " + prompt);
    return found.front();
}

TEST_P(Variants, TakeEachOtherEmotionInTurn) {
    if (!is_emotion(GetParam().name)) return;
    const auto texts = texts_by_emotion(is("chat"));
    std::map<std::string, std::size_t> sources;
    for (const auto& item : items_) {
        ++sources[emotion_in(prompt_of(is("german") ? original(item) : item), texts)];
        EXPECT_EQ(kEmotions.at(answer_of(item)), GetParam().name);
        EXPECT_EQ(item.contains("of"), !is("chat"));
    }
    EXPECT_FALSE(sources.contains(GetParam().name));
    expect_balanced(sources, 5, 0);
}

TEST_P(Variants, SuffixesNameTheTrueEmotionAfterTheScenario) {
    if (!is("suffix")) return;
    const auto texts = texts_by_emotion(false);
    for (const auto& item : items_) {
        const std::string plain = prompt_of(original(item));
        const std::string text = text_in(plain, translations_);
        const std::size_t end = plain.find(text) + text.size();
        ASSERT_GT(prompt_of(item).size(), plain.size()) << item;
        const std::string inserted = prompt_of(item).substr(end, prompt_of(item).size() - plain.size());
        EXPECT_EQ(plain.substr(0, end) + inserted + plain.substr(end), prompt_of(item));
        const auto emotion = std::ranges::find(kEmotions, emotion_in(plain, texts)) - kEmotions.begin();
        const std::string label = choices_of(item).at(static_cast<std::size_t>(emotion)).substr(1);
        const auto inserted_words = words(inserted);
        EXPECT_EQ(std::ranges::count(inserted_words, label), 1) << item;
        EXPECT_EQ(std::ranges::count(inserted_words, answer_text(item).substr(1)), 0) << item;
    }
}

}  // namespace
}  // namespace contrans::testing
