#include "contrans/runtime/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "contrans/runtime/chat_format.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;
using testing::tiny_source_model;

std::size_t vocabulary() { return tiny_source_model()->vocabulary_size(); }

std::vector<float> random_logits(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, 2.0F);
    std::vector<float> logits(vocabulary());
    for (float& x : logits) x = normal(random);
    return logits;
}

std::vector<float> flat_but(const std::map<Token, float>& some) {
    std::vector<float> logits(vocabulary(), -20.0F);
    for (const auto& [token, logit] : some) logits[static_cast<std::size_t>(token)] = logit;
    return logits;
}

/// Nothing but what the test sets.
SamplerOptions plain(double temperature = 1) {
    SamplerOptions options;
    options.temperature = temperature;
    options.top_k = 0;
    options.top_p = 1;
    options.min_p = 0;
    options.seed = 1;
    return options;
}

Token draw(const SamplerOptions& options, std::span<const float> logits) {
    return Sampler(tiny_source_model(), options).sample(logits);
}

std::map<Token, double> shares(SamplerOptions options, const std::vector<float>& logits, std::size_t draws) {
    Sampler sampler(tiny_source_model(), std::move(options));
    std::map<Token, double> counts;
    for (std::size_t i = 0; i < draws; ++i) counts[sampler.sample(logits)] += 1.0 / static_cast<double>(draws);
    return counts;
}

TEST(Sampler, TakesTheLikeliestAtTemperatureZero) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const auto logits = random_logits(seed);
        const auto expected = std::max_element(logits.begin(), logits.end()) - logits.begin();
        EXPECT_EQ(draw(plain(0), logits), expected);
    }
}

TEST(Sampler, DrawsAsOftenAsTheProbabilitiesSay) {
    const auto logits = flat_but({{3, 2.0F}, {7, 1.0F}, {9, 0.0F}});
    for (const std::size_t top_k : {std::size_t{0}, std::size_t{40}}) {
        for (const double temperature : {0.5, 1.0}) {
            SamplerOptions options = plain(temperature);
            options.top_k = top_k;
            const auto seen = shares(options, logits, 8000);
            double total = 0;
            for (const double logit : {2.0, 1.0, 0.0}) total += std::exp(logit / temperature);
            EXPECT_NEAR(seen.at(3), std::exp(2 / temperature) / total, 0.02) << top_k << " " << temperature;
            EXPECT_NEAR(seen.at(7), std::exp(1 / temperature) / total, 0.02) << top_k << " " << temperature;
        }
    }
}

TEST(Sampler, CutsWhatTheOptionsCut) {
    const auto logits = flat_but({{3, 2.0F}, {7, 1.0F}, {9, 0.0F}});  // .665 .245 .090
    const auto drawn = [&](auto change) {
        SamplerOptions options = plain();
        change(options);
        std::vector<Token> tokens;
        for (const auto& [token, share] : shares(options, logits, 2000)) tokens.push_back(token);
        return tokens;
    };
    EXPECT_EQ(drawn([](auto& o) { o.top_k = 2; }), (std::vector<Token>{3, 7}));
    EXPECT_EQ(drawn([](auto& o) { o.top_p = 0.6; }), (std::vector<Token>{3}));
    EXPECT_EQ(drawn([](auto& o) { o.top_p = 0.9; }), (std::vector<Token>{3, 7}));
    EXPECT_EQ(drawn([](auto& o) { o.min_p = 0.2; }), (std::vector<Token>{3, 7}));
}

TEST(Sampler, OneSeedGivesOneAnswer) {
    const auto logits = random_logits(5);
    const auto answer = [&](std::optional<std::uint32_t> seed) {
        SamplerOptions options = plain(2);
        options.seed = seed;
        Sampler sampler(tiny_source_model(), options);
        std::vector<Token> tokens;
        for (int i = 0; i < 30; ++i) tokens.push_back(sampler.sample(logits));
        return tokens;
    };
    EXPECT_EQ(answer(7), answer(7));
    EXPECT_NE(answer(7), answer(8));
    EXPECT_NE(answer(std::nullopt), answer(std::nullopt));
    EXPECT_EQ(answer(0xFFFFFFFF), answer(0xFFFFFFFF));
}

TEST(Sampler, BiasesMoveAndBanTokens) {
    const auto logits = flat_but({{3, 2.0F}, {7, 1.0F}});
    SamplerOptions options = plain(0);
    options.logit_bias = {{3, -5}};
    EXPECT_EQ(draw(options, logits), 7);
    options.logit_bias = {{11, 30}};
    EXPECT_EQ(draw(options, logits), 11);
    options.logit_bias = {{3, -std::numeric_limits<double>::infinity()}};
    options.temperature = 1;
    EXPECT_FALSE(shares(options, logits, 500).contains(3));
}

TEST(Sampler, PenaltiesFollowTheirFormulas) {
    // Token 3 seen twice: 4 / 2 = 2, less 2 · 0.25 and 0.5 = 1; token 7, unseen, has 1.2 or 0.8.
    SamplerOptions options = plain(0);
    options.repetition_penalty = 2;
    options.frequency_penalty = 0.25;
    options.presence_penalty = 0.5;
    const auto after_seeing = [&](float other, std::vector<Token> prompt) {
        Sampler sampler(tiny_source_model(), options);
        sampler.see(prompt);
        return sampler.sample(flat_but({{3, 4.0F}, {7, other}}));
    };
    EXPECT_EQ(after_seeing(1.2F, {3, 3}), 7);
    EXPECT_EQ(after_seeing(0.8F, {3, 3}), 3);
    EXPECT_EQ(after_seeing(1.2F, {}), 3);
    options.penalty_window = 2;  // both are out of it
    EXPECT_EQ(after_seeing(1.2F, {3, 3, 5, 6}), 3);
    // What was drawn is seen too, negative logits are multiplied: −1 · 2 − 0.75 = −2.75.
    options.penalty_window = 64;
    Sampler sampler(tiny_source_model(), options);
    const auto negative = flat_but({{3, -1.0F}, {7, -2.5F}});
    EXPECT_EQ(sampler.sample(negative), 3);
    EXPECT_EQ(sampler.sample(negative), 7);
}

TEST(Sampler, LogprobsAreThoseOfTheModelItself) {
    const auto logits = random_logits(2);
    double total = 0;
    for (const float x : logits) total += std::exp(static_cast<double>(x));
    const Logprobs logprobs = logprobs_of(logits, 17, 3);
    EXPECT_NEAR(logprobs.chosen, static_cast<double>(logits[17]) - std::log(total), 1e-6);
    ASSERT_EQ(logprobs.top.size(), 3U);
    EXPECT_GE(logprobs.top[0].logprob, logprobs.top[1].logprob);
    EXPECT_NEAR(logprobs.top[0].logprob,
                static_cast<double>(*std::max_element(logits.begin(), logits.end())) - std::log(total), 1e-6);
}

/// An answer of random logits under a grammar, until the end token.
std::string answer_under(const Grammar& grammar, unsigned seed, std::size_t most = 200) {
    SamplerOptions options = plain();
    options.seed = seed;
    options.grammar = grammar;
    Sampler sampler(tiny_source_model(), options);
    const Tokenizer& tokenizer = tiny_source_model()->tokenizer();
    std::string text;
    for (std::size_t i = 0; i < most; ++i) {
        const Token token = sampler.sample(random_logits(seed * 1000 + static_cast<unsigned>(i)));
        if (tokenizer.ends_generation(token)) return text;
        text += tokenizer.piece(token);
    }
    return text + " (no end)";
}

TEST(Sampler, AGrammarIsFollowedToItsEnd) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const std::string answer = answer_under({"root ::= \"yes\" | \"no, \" [a-c] [a-c]", {}, {}, ""}, seed);
        const bool no = answer.size() == 6 && answer.starts_with("no, ");
        EXPECT_TRUE(answer == "yes" || no) << answer;
    }
}

TEST(Sampler, AGrammarMayHaveBegunInThePrompt) {
    for (unsigned seed = 0; seed < 5; ++seed) {
        EXPECT_EQ(answer_under({"root ::= \"begun: \" \"yes\"", {}, {}, "begun: "}, seed), "yes");
    }
}

TEST(Sampler, ALazyGrammarWaitsForItsTrigger) {
    const Grammar lazy{"root ::= \"<go>\" \"yes\"", {"(<go>)"}, {}, ""};
    SamplerOptions options = plain(0);
    options.grammar = lazy;
    Sampler sampler(tiny_source_model(), options);
    const Tokenizer& tokenizer = tiny_source_model()->tokenizer();
    std::string text;
    const auto wanted = tokenizer.tokenise("free words <go>yes");
    for (const Token token : wanted) {
        const Token drawn = sampler.sample(flat_but({{token, 5.0F}}));
        text += tokenizer.piece(drawn);
        if (text.ends_with("<go>")) break;
    }
    ASSERT_TRUE(text.ends_with("<go>")) << text;
    // From here on the grammar decides, whatever the logits say.
    for (int i = 0; i < 3; ++i) text += tokenizer.piece(sampler.sample(flat_but({{tokenizer.tokenise("q")[0], 5.0F}})));
    EXPECT_TRUE(text.ends_with("<go>yes")) << text;
}

TEST(Sampler, AJsonSchemaBecomesAGrammar) {
    const std::string schema =
        R"({"type":"object","properties":{"ok":{"type":"boolean"},"n":{"enum":[1,2]}},"required":["ok","n"],)"
        R"("additionalProperties":false})";
    const Grammar grammar{grammar_of_json_schema(schema), {}, {}, ""};
    for (unsigned seed = 0; seed < 5; ++seed) {
        std::string answer = answer_under(grammar, seed);
        std::erase_if(answer, [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
        EXPECT_TRUE(answer == R"({"ok":true,"n":1})" || answer == R"({"ok":true,"n":2})" ||
                    answer == R"({"ok":false,"n":1})" || answer == R"({"ok":false,"n":2})")
            << answer;
    }
}

TEST(Sampler, GrammarsAsLargeAsAllowedAreRead) {
    const std::string brackets = std::string(2000, '(') + "\"a\"" + std::string(2000, ')');
    EXPECT_EQ(answer_under({"root ::= " + brackets, {}, {}, ""}, 1), "a");
    std::string rules = "root ::= r1\n";
    for (int i = 1; i < 3999; ++i) rules += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + "\n";
    EXPECT_EQ(answer_under({rules + "r3999 ::= \"b\"", {}, {}, ""}, 1), "b");
}

TEST(Sampler, RefusesWhatItCannotDo) {
    const auto refuses = [](const std::vector<std::string>& parts, auto change) {
        SamplerOptions options = plain();
        change(options);
        EXPECT_TRUE(throws_error(ErrorKind::argument, parts, [&] { Sampler sampler(tiny_source_model(), options); }));
    };
    refuses({"temperature", "0 to 100", "-1"}, [](auto& o) { o.temperature = -1; });
    refuses({"temperature"}, [](auto& o) { o.temperature = std::nan(""); });
    refuses({"top_p", "1.5"}, [](auto& o) { o.top_p = 1.5; });
    refuses({"min_p"}, [](auto& o) { o.min_p = -0.1; });
    refuses({"repetition_penalty"}, [](auto& o) { o.repetition_penalty = 0; });
    refuses({"logit_bias", "token 99999"}, [](auto& o) { o.logit_bias = {{99999, 1}}; });
    refuses({"grammar", "parsed"}, [](auto& o) { o.grammar.gbnf = "root ::= ( \"open\""; });
    refuses({"grammar", "parsed"}, [](auto& o) { o.grammar.gbnf = "no-root ::= \"a\""; });
    refuses({"grammar"}, [](auto& o) {
        o.grammar.gbnf = "root ::= \"a\"";
        o.grammar.trigger_words = {"("};
    });
    refuses({"grammar", "2000 opening brackets", "500000"},
            [](auto& o) { o.grammar.gbnf = "root ::= " + std::string(500000, '('); });
    refuses({"grammar", "4000 rules", "4001"}, [](auto& o) {
        for (int i = 0; i <= 4000; ++i) {
            o.grammar.gbnf += (i == 0 ? "root" : "r" + std::to_string(i)) + " ::= r" + std::to_string(i + 1) + "\n";
        }
    });
    refuses({"grammar", "token 0"}, [](auto& o) {  // the end token, begun with
        o.grammar.gbnf = "root ::= \"a\"";
        o.grammar.begun = "<|endoftext|>";
    });
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"no token"}, [] {
        (void)draw(plain(), std::vector<float>(vocabulary(), std::numeric_limits<float>::quiet_NaN()));
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"JSON"}, [] { (void)grammar_of_json_schema("{"); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"schema"},
                             [] { (void)grammar_of_json_schema(R"({"type":"no such type"})"); }));
}

}  // namespace
}  // namespace contrans
