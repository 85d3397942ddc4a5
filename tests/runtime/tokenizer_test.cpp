#include "contrans/runtime/tokenizer.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;

const Tokenizer& byte_pairs() { return testing::tiny_source_model()->tokenizer(); }
const Tokenizer& sentence_pieces() { return testing::tiny_target_model()->tokenizer(); }

/// What each token covers of the text, by its byte ends.
std::vector<std::string> covered(const std::string& text, const TokenisedText& tokenised) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (const std::size_t end : tokenised.byte_ends) {
        parts.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return parts;
}

TEST(Tokenizer, BytePairEndsFollowTheMerges) {
    const std::string text = "the rain is on";
    const TokenisedText tokenised = byte_pairs().tokenise_with_ends(text);
    EXPECT_EQ(tokenised.offsets, TokenisedText::Offsets::exact);
    EXPECT_EQ(covered(text, tokenised),
              (std::vector<std::string>{"t", "he", " ", "r", "a", "in", " ", "is", " ", "on"}));
}

TEST(Tokenizer, SentencePiecesShiftTheSpaceTheyPutBeforeAText) {
    const std::string text = "the and other";
    const TokenisedText tokenised = sentence_pieces().tokenise_with_ends(text);
    EXPECT_EQ(tokenised.offsets, TokenisedText::Offsets::exact);
    // The first token is BOS and covers nothing.
    EXPECT_EQ(covered(text, tokenised), (std::vector<std::string>{"", "the", " and", " o", "th", "er"}));
}

TEST(Tokenizer, ASpaceThatTheTextHasItselfIsKept) {
    const std::string text = " and the";
    const TokenisedText tokenised = sentence_pieces().tokenise_with_ends(text);
    EXPECT_EQ(tokenised.offsets, TokenisedText::Offsets::exact);
    EXPECT_EQ(tokenised.byte_ends.back(), text.size());
    EXPECT_EQ(covered(text, tokenised).back(), " the");
}

TEST(Tokenizer, CharactersOfSeveralBytesEndWhereTheirLastByteEnds) {
    const std::string text = "é — 日本 🙂";
    for (const Tokenizer* tokenizer : {&byte_pairs(), &sentence_pieces()}) {
        const TokenisedText tokenised = tokenizer->tokenise_with_ends(text);
        EXPECT_EQ(tokenised.offsets, TokenisedText::Offsets::exact);
        ASSERT_EQ(tokenised.byte_ends.size(), tokenised.tokens.size());
        EXPECT_EQ(tokenised.byte_ends.back(), text.size());
        EXPECT_TRUE(std::is_sorted(tokenised.byte_ends.begin(), tokenised.byte_ends.end()));
        // Neither vocabulary has these characters whole: a token a byte, spaces apart.
        EXPECT_GE(tokenised.tokens.size(), text.size());
        EXPECT_EQ(tokenizer->detokenise(tokenised.tokens).substr(tokenizer == &sentence_pieces() ? 1 : 0), text);
    }
}

TEST(Tokenizer, BothEndAlikeAtTheSameBytes) {
    const std::string text = testing::english(200);
    const TokenisedText a = byte_pairs().tokenise_with_ends(text);
    const TokenisedText b = sentence_pieces().tokenise_with_ends(text);
    std::vector<std::size_t> common;
    std::set_intersection(a.byte_ends.begin(), a.byte_ends.end(), b.byte_ends.begin(), b.byte_ends.end(),
                          std::back_inserter(common));
    EXPECT_GT(common.size(), b.tokens.size() / 2);
    EXPECT_EQ(common.back(), text.size());
}

TEST(Tokenizer, AControlTokenInATextIsCharacters) {
    const std::string text = "a<|endoftext|>b";
    EXPECT_GT(byte_pairs().tokenise(text).size(), 10U);
    EXPECT_EQ(byte_pairs().tokenise(text, SpecialTokens::parse),
              (std::vector<Token>{byte_pairs().tokenise("a")[0], 0, byte_pairs().tokenise("b")[0]}));
    EXPECT_EQ(byte_pairs().tokenise_with_ends(text).offsets, TokenisedText::Offsets::exact);
}

TEST(Tokenizer, BosIsAddedWhereTheModelAsksForOne) {
    EXPECT_EQ(sentence_pieces().tokenise("and")[0], 1);
    EXPECT_NE(byte_pairs().tokenise("and")[0], 0);
    EXPECT_EQ(sentence_pieces().piece(1), "");
}

TEST(Tokenizer, PlainTextsAndChatsGoTheirWays) {
    EXPECT_EQ(byte_pairs().tokenise_text(Text("the ship")), byte_pairs().tokenise("the ship"));
    EXPECT_EQ(byte_pairs().tokenise_text(Text(std::vector<ChatMessage>{{"user", "Hi"}})),
              byte_pairs().tokenise("User: Hi\nAssistant:"));
}

TEST(Tokenizer, EndTokensAreKnown) {
    EXPECT_TRUE(byte_pairs().ends_generation(0));
    EXPECT_FALSE(byte_pairs().ends_generation(5));
    EXPECT_TRUE(sentence_pieces().ends_generation(2));
}

TEST(Tokenizer, AnEmptyTextIsRefused) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"empty"}, [] { (void)byte_pairs().tokenise(""); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"empty"}, [] { (void)byte_pairs().tokenise_with_ends(""); }));
}

}  // namespace
}  // namespace contrans
