#include "contrans/mapping/pairing.h"

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

using Ends = std::vector<std::size_t>;
using Tokens = std::vector<std::size_t>;

TEST(PairTokens, MatchesWhereEndsCoincide) {
    // "The tower fell": The| tow|er| fell against The| tower| fe|ll
    const TokenPairing p = pair_tokens(Ends{3, 7, 9, 14}, Ends{3, 9, 12, 14});
    EXPECT_EQ(p.source, (Tokens{2, 3}));
    EXPECT_EQ(p.target, (Tokens{1, 3}));
    EXPECT_EQ(p.n_target_tokens, 3U);
    EXPECT_DOUBLE_EQ(p.target_share(), 2.0 / 3.0);
}

TEST(PairTokens, LeavesOutTheFirstTokenOfBothSides) {
    // BOS in the target alone: the source's first text token is left out, so the target's text token finds no partner.
    const TokenPairing p = pair_tokens(Ends{2, 5, 9}, Ends{0, 2, 5, 9});
    EXPECT_EQ(p.source, (Tokens{1, 2}));
    EXPECT_EQ(p.target, (Tokens{2, 3}));
    EXPECT_EQ(p.n_target_tokens, 3U);
}

TEST(PairTokens, TokensWithoutTextNeverPair) {
    const TokenPairing p = pair_tokens(Ends{0, 0, 4}, Ends{0, 0, 4});
    EXPECT_EQ(p.source, (Tokens{2}));
    EXPECT_EQ(p.target, (Tokens{2}));
    EXPECT_EQ(p.n_target_tokens, 1U);
}

TEST(PairTokens, OfACharacterInByteTokensTheLastPairs) {
    // "a €b": the source spells € in three byte tokens that all end with it, the target has it whole.
    const TokenPairing p = pair_tokens(Ends{1, 3, 3, 3, 4}, Ends{1, 3, 4});
    EXPECT_EQ(p.source, (Tokens{3, 4}));
    EXPECT_EQ(p.target, (Tokens{1, 2}));
    // The other way round the byte tokens count as target tokens, one of three matched.
    const TokenPairing q = pair_tokens(Ends{1, 3, 4}, Ends{1, 3, 3, 3, 4});
    EXPECT_EQ(q.target, (Tokens{3, 4}));
    EXPECT_DOUBLE_EQ(q.target_share(), 0.5);
}

// A byte token that has not finished its character ends where the character before it does: part of that run.
TEST(PairTokens, UnfinishedCharactersDoNotPairWithTheCharacterBefore) {
    const TokenPairing p = pair_tokens(Ends{1, 2, 2, 2, 3}, Ends{1, 2, 3});
    EXPECT_EQ(p.source, (Tokens{3, 4}));
    EXPECT_EQ(p.target, (Tokens{1, 2}));
}

TEST(PairTokens, EmptyAndDisjointSidesGiveNothing) {
    EXPECT_EQ(pair_tokens({}, {}).target_share(), 0.0);
    EXPECT_EQ(pair_tokens(Ends{1}, Ends{1}).target_share(), 0.0);
    const TokenPairing p = pair_tokens(Ends{1, 3, 5}, Ends{1, 2, 4});
    EXPECT_TRUE(p.source.empty());
    EXPECT_EQ(p.n_target_tokens, 2U);
}

TEST(PairTokens, RefusesEndsThatFall) {
    try {
        (void)pair_tokens(Ends{1, 2}, Ends{1, 4, 3});
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::argument);
        EXPECT_NE(std::string(error.what()).find("target token 2"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace contrans
