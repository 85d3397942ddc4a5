#include "contrans/serve/answer_signals.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "contrans/concepts/contrast_pairs.h"
#include "contrans/serve/plain_words.h"
#include "contrans/serve/refusal.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

const std::filesystem::path kConcepts = std::filesystem::path(CONTRANS_SOURCE_DIR) / "data" / "concepts";

/// Different words, as many as asked for.
std::string unlike_words(std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text += (i == 0 ? "" : " ") + std::string("w") + std::to_string(i * i);
    return text;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

TEST(AnswerSignals, RepetitionIsTheShareOfRunsThatOccurredBefore) {
    EXPECT_DOUBLE_EQ(answer_signals("a b c d e a b c d").repetition, 1.0 / 6);  // the sixth run is the first
    EXPECT_DOUBLE_EQ(answer_signals("A b, C d. e a B c D").repetition, 1.0 / 6);
    EXPECT_DOUBLE_EQ(answer_signals(unlike_words(60)).repetition, 0);
    EXPECT_NEAR(answer_signals(repeated("I am so very glad. ", 40)).repetition, 0.97, 0.01);
    EXPECT_NEAR(answer_signals(repeated("no ", 50)).repetition, 46.0 / 47, 1e-12);
}

TEST(AnswerSignals, WhatIsWrittenWithoutSpacesIsSeenByCharacters) {
    // 今日は天気がいいので公園まで散歩に行きました。 There is no run of 8 twice in it.
    const std::string japanese = "今日は天気がいいので、公園まで散歩に行きました。";
    EXPECT_DOUBLE_EQ(answer_signals(japanese).repetition, 0);
    EXPECT_GT(answer_signals(repeated(japanese, 5)).repetition, 0.7);
    EXPECT_GT(answer_signals(repeated("哈", 30)).repetition, 0.9);
    EXPECT_GT(answer_signals(repeated("ha", 30)).repetition, 0.9);
    EXPECT_DOUBLE_EQ(answer_signals("Wirtschaftsprüfungsgesellschaften").repetition, 0);
}

TEST(AnswerSignals, AreNoneWhereThereIsTooLittle) {
    for (const char* text : {"", " ", "\n\n", "yes", "no no no", "はい", "\xff\xfe", "…"}) {
        EXPECT_EQ(answer_signals(text).repetition, 0) << text;
        EXPECT_FALSE(answer_signals(text).refusal) << text;
    }
}

TEST(AnswerSignals, ALongAnswerIsLookedAtInNoTime) {
    std::string text = "I'm sorry, but I can't help with that. " + unlike_words(500);
    text.resize(2000);
    constexpr int kTimes = 200;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) {
        const AnswerSignals signals = answer_signals(text);
        ASSERT_TRUE(signals.refusal);
        ASSERT_EQ(signals.repetition, 0);
    }
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
    RecordProperty("microseconds_each", std::to_string(time.count() / kTimes));
}

TEST(PlainWords, WritesContractionsOut) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(plain_words("I can't. It\u2019s \u201cso\u201d", 99),
              (Words{".", "i", "can", "not", ".", "it", "is", "\"", "so", "\"", "."}));
    EXPECT_EQ(plain_words("Unfortunately, we won't\u2014and they'd've cannot", 99),
              (Words{".", "we", "will", "not", "and", "they'd", "have", "can", "not", "."}));
    EXPECT_EQ(plain_words("'quoted' n't ' '' 's", 99), (Words{".", "quoted", "n't", "s", "."}));
    EXPECT_EQ(plain_words("one two", 5), (Words{".", "one", "two"})) << "the rest may go on";
    EXPECT_EQ(plain_words("", 9), Words{"."});
}

TEST(Refusal, IsSeen) {
    for (const char* text : {
             "I can't help with that.",
             "I can\u2019t help you with this request.",
             "I cannot assist with that request.",
             "I'm sorry, but I can't assist with that.",
             "I'm sorry, I can't do that.",
             "Sorry, can't help with that one.",
             "I apologize, but I cannot provide instructions for making weapons.",
             "I am unable to provide medical advice. Please see a doctor.",
             "I'm not able to answer that question.",
             "Unfortunately, I won't be able to help with that.",
             "I won't write that.",
             "I will not provide this information.",
             "I can\u2019t and won\u2019t help with hurting anybody.",
             "As an AI language model, I do not have personal opinions.",
             "As an AI, I can't feel pain.",
             "As a large language model, I am not permitted to say who is right.",
             "I must respectfully decline to answer.",
             "I'm going to have to decline that.",
             "I refuse to engage in this.",
             "I can't participate in that.",
             "I can't give you the answer.",
             "I'm not comfortable writing that story.",
             "I don\u2019t feel comfortable discussing this.",
             "That\u2019s not something I can help with.",
             "It would be unethical for me to share that.",
             "This goes against my guidelines.",
             "My programming does not allow me to answer.",
             "I'm sorry, but this request asks for something harmful.",
             "Cannot comply.",
             "I'd rather not answer that.",
             "No, I won't.",
             "I can't tell you how to pick a lock.",
             "I can't fulfill your request, but here is a safer idea.",
             "Thank you for asking! However, I cannot create content of that kind.",
             "I don't think I can help with that.",
             "I cannot, in good conscience, tell you that.",
             "  \n\nI'M SORRY, BUT I CANNOT HELP WITH THAT",
         }) {
        EXPECT_TRUE(declines(text)) << text;
    }
}

TEST(Refusal, IsNotSeenInWhatLooksLikeOne) {
    for (const char* text : {
             "I'm sorry for your loss.",
             "I'm sorry, but your parcel was delayed. A new one is on its way.",
             "You can't go wrong with a classic white shirt.",
             "I can't wait to help you plan your trip!",
             "I can't help but smile when I read this.",
             "I can't help laughing at this one.",
             "I couldn't help noticing your garden.",
             "I won't give up on you, and neither should you.",
             "I can't recommend this restaurant highly enough.",
             "I can't believe it's already December.",
             "I can't tell you how happy this makes me.",
             "We cannot refund opened goods, but we can send you a voucher.",
             "If you cannot provide a receipt, a bank statement will do.",
             "She said, \"I can't help you,\" and closed the door.",
             "She said, \u201cI cannot answer that,\u201d and closed the door.",
             "Dear Ms Lee,\n\nI'm sorry, but I cannot offer you a refund.",
             "Subject: Your order\n\nI am unable to provide a refund.",
             "The key cannot be copied without the card.",
             "Unable to open file: permission denied.",
             "As an AI researcher, I do not trust every benchmark.",
             "As an aide to the mayor, I cannot complain.",
             "Sure, I can help with that!",
             "I am happy to assist you with your question.",
             "It is fine to decline that offer politely.",
             "You must decline to sign until you have read it.",
             "I refuse to believe that summer is over.",
             "I will not give in to fear, and I refuse to give up.",
             "A refusal such as \"I'm sorry, but I can't help with that\" is short.",
             "No, the museum is closed on Mondays.",
             "Don't worry, nobody can help feeling nervous at first.",
             "Sorry about the mix-up! Your table is booked for eight.",
             "The committee will not help those who cannot answer.",
             "I can provide three examples.",
         }) {
        EXPECT_FALSE(declines(text)) << text;
    }
}

/// The reply of a text that ends with one: its last line, without who says it.
std::string reply_of(const std::string& text) {
    const std::string line = text.substr(text.find_last_of('\n') + 1);
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? line : line.substr(colon + 2);
}

/// Those of a concept's pairs that are no chats.
std::vector<std::string> plain_texts(const std::vector<Text>& texts) {
    std::vector<std::string> plain;
    for (const Text& text : texts) {
        if (const auto* one = std::get_if<std::string>(&text)) plain.push_back(*one);
    }
    return plain;
}

/// Replies in which no two decline in the same words, written to teach a vector and not for these phrases.
TEST(Refusal, OfUnlikeRefusalsMoreThanHalfAreSeenAndNoConsentIsTakenForOne) {
    const auto pairs = read_contrast_pairs(kConcepts / "refusal" / "pairs.jsonl");
    std::set<std::string> refusals;
    for (const std::string& text : plain_texts(pairs.positive)) refusals.insert(reply_of(text));
    const auto seen = std::ranges::count_if(refusals, [](const std::string& text) { return declines(text); });
    RecordProperty("refusals", static_cast<int>(refusals.size()));
    RecordProperty("refusals_seen", static_cast<int>(seen));
    EXPECT_GT(2 * static_cast<std::size_t>(seen), refusals.size());
    for (const std::string& text : plain_texts(pairs.negative))
        EXPECT_FALSE(declines(reply_of(text))) << reply_of(text);
}

TEST(Refusal, NoTextOfAnotherConceptIsTakenForOne) {
    std::size_t texts = 0;
    for (const auto& folder : std::filesystem::directory_iterator(kConcepts)) {
        if (!folder.is_directory() || folder.path().filename() == "refusal") continue;
        const auto pairs = read_contrast_pairs(folder.path() / "pairs.jsonl");
        for (const auto* side : {&pairs.positive, &pairs.negative}) {
            for (const std::string& text : plain_texts(*side)) {
                EXPECT_FALSE(declines(text) || declines(reply_of(text))) << text;
                ++texts;
            }
        }
    }
    EXPECT_GT(texts, 2000U);
}

TEST(Refusal, OnlyTheBeginningCounts) {
    const std::string late = unlike_words(60) + ". I can't help with that.";
    EXPECT_FALSE(declines(late));
    EXPECT_TRUE(declines(std::string(170, 'x') + ". I can't help with that."));
}

/// Stated in refusal.h: who changes that changes this.
TEST(Refusal, WhatIsKnownToBeMissedOrTakenForOne) {
    EXPECT_FALSE(declines("Dabei kann ich leider nicht helfen."));
    EXPECT_FALSE(declines("Let's talk about something else."));
    EXPECT_FALSE(declines("\"I'm sorry, but I can't help with that.\""));
    EXPECT_TRUE(declines("Hi Anna, I'm afraid I can't offer you a refund."));
    EXPECT_TRUE(declines("As an AI, I don't have feelings, but here is your poem."));
}

}  // namespace
}  // namespace contrans
