#include "contrans/evaluation/constraint.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "contrans/core/json_lines.h"
#include "contrans/evaluation/constraint_json.h"
#include "contrans/evaluation/text_measures.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::throws_error;

Constraint made(const std::string& text) { return constraint_from_json(json::parse(text), {"f.jsonl", 7}); }
bool strict(const std::string& constraint, const std::string& answer) { return obeys(made(constraint), answer); }
bool loose(const std::string& constraint, const std::string& answer) { return obeys_loosely(made(constraint), answer); }

TEST(WordsOf, AreRunsOfLettersDigitsAndWhatIsPastAscii) {
    EXPECT_EQ(words_of("Don't — stop_1, ÉTÉ!"), (std::vector<std::string>{"don", "t", "stop_1", "été"}));
    EXPECT_EQ(words_of("。東京、"), (std::vector<std::string>{"東京"}));
    EXPECT_EQ(words_of("a\xc3"), (std::vector<std::string>{"a"}));  // cut within a character
    EXPECT_TRUE(words_of(" - ").empty());
}

TEST(CountSentences, CutsWhereAnEndIsFollowedByASpace) {
    EXPECT_EQ(count_sentences("One. \"Two!\" (Three?) Version 3.5 is four"), 4U);
    EXPECT_EQ(count_sentences("Wait... what?! No."), 3U);
    EXPECT_EQ(count_sentences("... ! ?"), 0U);
    EXPECT_EQ(count_sentences(""), 0U);
}

TEST(Distinct, IsTheShareOfDifferentRuns) {
    EXPECT_DOUBLE_EQ(distinct("a b a b a", 2), 0.5);  // ab ba ab ba
    EXPECT_DOUBLE_EQ(distinct("a b c", 2), 1);
    EXPECT_DOUBLE_EQ(distinct("a", 2), 1);
    EXPECT_DOUBLE_EQ(distinct("a a a a a", 2), 0.25);
    EXPECT_DOUBLE_EQ(distinct_characters("\u4eca\u65e5\u4eca\u65e5\u4eca", 2), 0.5);
    EXPECT_DOUBLE_EQ(distinct_characters("Ab, aB. a", 2), 0.5) << "white space and punctuation are left out";
    EXPECT_DOUBLE_EQ(distinct_characters("\u4eca", 2), 1);
}

/// One obeying and one ignoring reply for every rule, written with the concept.
TEST(Constraint, JudgesTheExamplesAsTheyAreMeant) {
    std::set<std::string> kinds;
    read_json_lines(CONTRANS_SOURCE_DIR "/data/concepts/instruction-following/examples.jsonl",
                    [&](const json& line, const LinePlace& place) {
                        const Constraint constraint = constraint_from_json(line.at("constraint"), place);
                        EXPECT_TRUE(obeys(constraint, line.at("obeys").get<std::string>())) << line.dump();
                        EXPECT_FALSE(obeys(constraint, line.at("ignores").get<std::string>())) << line.dump();
                        kinds.insert(to_string(constraint.kind));
                    });
    EXPECT_EQ(kinds.size(), 16U);
}

TEST(Constraint, StrictRulesAtTheirEdges) {
    EXPECT_TRUE(strict(R"({"kind": "bullets", "count": 2})", "Here:\n- one\n  • two\n-three\n*"));
    EXPECT_TRUE(strict(R"({"kind": "numbered", "count": 2})", "1. one\n 2) two\n3.5 metres"));
    EXPECT_FALSE(strict(R"({"kind": "numbered", "count": 2})", "2. one\n1. two"));
    EXPECT_FALSE(strict(R"({"kind": "numbered", "count": 2})", "1. one\n2. two\n3. three"));
    EXPECT_TRUE(strict(R"({"kind": "paragraphs", "count": 2})", "\n\na\nb\n \t\nc\n"));
    EXPECT_TRUE(strict(R"({"kind": "json", "keys": ["a"]})", " ```json\n{\"a\": 1, \"b\": []}\n```\n"));
    EXPECT_FALSE(strict(R"({"kind": "json", "keys": ["a"]})", "[\"a\"]"));
    EXPECT_FALSE(strict(R"({"kind": "json", "keys": ["a"]})", "Sure: {\"a\": 1}"));
    EXPECT_TRUE(strict(R"({"kind": "forbidden", "words": ["cat"]})", "Concatenate."));
    EXPECT_FALSE(strict(R"({"kind": "forbidden", "words": ["hot dog"]})", "A Hot Dog!"));
    EXPECT_TRUE(strict(R"({"kind": "ends_with", "text": "The end."})", "\"So it was. THE END.\" "));
    EXPECT_FALSE(strict(R"({"kind": "quoted"})", "\""));
    EXPECT_FALSE(strict(R"({"kind": "language", "language": "de"})", "Ja."));
    EXPECT_FALSE(strict(R"({"kind": "no_commas"})", " \n"));  // nothing was answered
    EXPECT_TRUE(strict(R"({"kind": "max_words", "words": 2})", "two words"));
    EXPECT_FALSE(strict(R"({"kind": "max_words", "words": 2})", "now three words"));
}

TEST(Constraint, TheLooseReadingForgivesAFirstOrLastLineAndAsterisks) {
    const std::string two = R"({"kind": "max_words", "words": 2})";
    EXPECT_TRUE(loose(two, "Sure, here is my answer:\ntwo words"));
    EXPECT_TRUE(loose(two, "two words\nI hope that this helps."));
    EXPECT_TRUE(loose(two, "Sure, here you are:\ntwo words\nDoes this help you?"));
    EXPECT_FALSE(loose(two, "Sure, here you are:\nno more and no less\ntwo words and more"));
    EXPECT_FALSE(loose(two, "more than two words"));
    EXPECT_TRUE(loose(R"({"kind": "starts_with", "text": "dear"})", "**Dear** all"));
    EXPECT_FALSE(strict(R"({"kind": "starts_with", "text": "dear"})", "**Dear** all"));
    EXPECT_FALSE(
        loose(R"({"kind": "no_commas"})", "a, b"));  // without its only line nothing is left, which obeys nothing
}

TEST(Constraint, BrokenOnesAreNamed) {
    const auto refuses = [](const std::string& text, const std::vector<std::string>& parts) {
        std::vector<std::string> all = parts;
        all.emplace_back("f.jsonl:7: ");
        return throws_error(ErrorKind::format, all, [&] { (void)made(text); });
    };
    EXPECT_TRUE(refuses("3", {"object"}));
    EXPECT_TRUE(refuses("{}", {"\"kind\"", "missing"}));
    EXPECT_TRUE(refuses(R"({"kind": 3})", {"\"kind\"", "text"}));
    EXPECT_TRUE(refuses(R"({"kind": "rhymes"})", {"max_words", "rhymes"}));
    EXPECT_TRUE(refuses(R"({"kind": "max_words"})", {"\"words\"", "missing"}));
    EXPECT_TRUE(refuses(R"({"kind": "bullets", "count": -1})", {"\"count\"", "-1"}));
    EXPECT_TRUE(refuses(R"({"kind": "bullets", "count": 1e9})", {"\"count\""}));
    EXPECT_TRUE(refuses(R"({"kind": "keyword", "words": []})", {"\"words\""}));
    EXPECT_TRUE(refuses(R"({"kind": "keyword", "words": [" "]})", {"\"words\""}));
    EXPECT_TRUE(refuses(R"({"kind": "ends_with", "text": ""})", {"\"text\""}));
    EXPECT_TRUE(refuses(R"({"kind": "language", "language": "tlh"})", {"tlh"}));
}

}  // namespace
}  // namespace contrans
