#include "contrans/serve/answer_text.h"

#include <random>
#include <string>
#include <vector>

#include "contrans/core/utf8.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

const std::string kReplacement = "\xEF\xBF\xBD";

std::vector<std::string> pieces(AnswerText text, const std::vector<std::string>& bytes) {
    std::vector<std::string> shown;
    for (const std::string& some : bytes) shown.push_back(text.add(some));
    shown.push_back(text.rest());
    return shown;
}

using Pieces = std::vector<std::string>;

TEST(AnswerText, ShowsWholeCharactersAlone) {
    EXPECT_EQ(pieces(AnswerText({}), {"a\xC3", "\xA9z", "\xF0\x9F", "\x99", "\x82!"}),
              (Pieces{"a", "éz", "", "", "🙂!", ""}));
}

TEST(AnswerText, ReplacesWhatIsNoCharacter) {
    EXPECT_EQ(pieces(AnswerText({}), {"a\xFF", "b\x80", "\xC3", "c"}),
              (Pieces{"a" + kReplacement, "b" + kReplacement, "", kReplacement + "c", ""}));
    EXPECT_EQ(pieces(AnswerText({}), {"\xE2\x82"}), (Pieces{"", kReplacement}));
    EXPECT_EQ(pieces(AnswerText({}), {"\xED\xA0\x80"}).front(), kReplacement + kReplacement + kReplacement);
}

TEST(AnswerText, AlwaysValidWhateverTheBytes) {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        AnswerText text({"qq\xC3\xA9"});
        std::string all;
        for (int i = 0; i < 40; ++i) all += text.add(std::string(1, static_cast<char>(random() % 2 ? random() : 'q')));
        all += text.rest();
        EXPECT_FALSE(first_invalid_utf8(all)) << printable(all, 200);
    }
}

TEST(AnswerText, HoldsBackWhatMayBecomeAStopString) {
    EXPECT_EQ(pieces(AnswerText({"END"}), {"an E", "N", "emy", " EN", "D and more", "?"}),
              (Pieces{"an ", "", "ENemy", " ", "", "", ""}));
    EXPECT_EQ(pieces(AnswerText({"END"}), {"no EN"}), (Pieces{"no ", "EN"}));
    EXPECT_EQ(pieces(AnswerText({"aab"}), {"a", "a", "a", "b"}), (Pieces{"", "", "a", "", ""}));
}

TEST(AnswerText, TellsWhichStopStringWasMet) {
    AnswerText text({"two", "one"});
    EXPECT_EQ(text.add("x one two"), "x ");
    EXPECT_EQ(text.stopped_by(), "one");
    AnswerText none({"two"});
    EXPECT_EQ(none.add("x one "), "x one ");
    EXPECT_FALSE(none.stopped_by());
}

TEST(AnswerText, RefusesStopStringsThatAreNoText) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"stop string", "empty"}, [] {
        AnswerText text({"a", ""});
    }));
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"stop string", "x80"}, [] { AnswerText text({"\x80"}); }));
}

TEST(AnswerText, TheSameTextHoweverItIsCut) {
    const std::string whole = "Zwölf Boxkämpfer\nUser: ja 🙂";
    for (std::size_t size = 1; size < 9; ++size) {
        AnswerText text({"\nUser:"});
        std::string shown;
        for (std::size_t i = 0; i < whole.size(); i += size) shown += text.add(whole.substr(i, size));
        EXPECT_EQ(shown + text.rest(), "Zwölf Boxkämpfer") << size;
    }
}

}  // namespace
}  // namespace contrans
