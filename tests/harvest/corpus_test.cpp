#include "contrans/harvest/corpus.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

class Corpus : public ::testing::Test {
protected:
    std::filesystem::path file(const std::string& name, const std::string& content) {
        testing::write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    static std::vector<std::string> read(const std::vector<std::filesystem::path>& files) { return read_corpus(files); }

    testing::TemporaryFolder folder_;
};

TEST_F(Corpus, ReadsTextsALineAndJsonLines) {
    EXPECT_EQ(read({file("a.txt", "one\n\n two \r\n"), file("b.jsonl", "{\"text\": \"three\\nlines\", \"n\": 3}\n")}),
              (std::vector<std::string>{"one", "two", "three\nlines"}));
}

TEST_F(Corpus, ATextComesOnceHoweverOftenItStands) {
    const auto a = file("a.txt", "one\ntwo\none\n");
    EXPECT_EQ(read({a, file("b.jsonl", "{\"text\": \"two\"}\n{\"text\": \"three\"}\n"), a}),
              (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(Corpus, AnUnknownEndingIsNamed) {
    EXPECT_TRUE(throws_error(ErrorKind::format, {"a.csv", ".txt", ".jsonl", "\".csv\""},
                             [&] { (void)read({file("a.csv", "one\n")}); }));
    EXPECT_TRUE(throws_error(ErrorKind::format, {"plain", ".txt"}, [&] { (void)read({file("plain", "one\n")}); }));
}

TEST_F(Corpus, ALineWithoutTextIsNamed) {
    EXPECT_TRUE(throws_error(ErrorKind::format, {"a.jsonl:2", "\"text\""},
                             [&] { (void)read({file("a.jsonl", "{\"text\": \"one\"}\n{\"txt\": \"two\"}\n")}); }));
    EXPECT_TRUE(throws_error(ErrorKind::format, {"b.jsonl:1", "\"text\"", "7"},
                             [&] { (void)read({file("b.jsonl", "{\"text\": 7}\n")}); }));
    EXPECT_TRUE(throws_error(ErrorKind::format, {"c.jsonl:1", "empty"},
                             [&] { (void)read({file("c.jsonl", "{\"text\": \" \"}\n")}); }));
    EXPECT_TRUE(throws_error(ErrorKind::format, {"d.jsonl:3", "JSON"},
                             [&] { (void)read({file("d.jsonl", "{\"text\": \"one\"}\n\n{oh\n")}); }));
}

TEST_F(Corpus, AFileWithoutTextsIsNamed) {
    EXPECT_TRUE(throws_error(ErrorKind::format, {"a.txt", "no text"}, [&] { (void)read({file("a.txt", "")}); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::format, {"b.jsonl", "no text"}, [&] { (void)read({file("b.jsonl", "\n\n")}); }));
}

TEST_F(Corpus, AMissingFileIsNamed) {
    EXPECT_TRUE(throws_error(ErrorKind::io, {"nowhere.txt"}, [&] { (void)read({folder_ / "nowhere.txt"}); }));
}

std::vector<std::vector<std::string>> three_files() {
    std::vector<std::vector<std::string>> files(3);
    for (std::size_t f = 0; f < files.size(); ++f) {
        for (std::size_t n = 0; n < std::vector<std::size_t>{4, 30, 30}[f]; ++n)
            files[f].push_back(std::string(1, static_cast<char>('a' + f)) + std::to_string(100 + n));
    }
    return files;
}

TEST(DrawEvenly, TakesAsMuchFromEachFileAsItHolds) {
    const std::vector<std::string> drawn = draw_evenly(three_files(), 24, 7);
    ASSERT_EQ(drawn.size(), 24U);
    EXPECT_TRUE(std::ranges::is_sorted(drawn));
    EXPECT_EQ(std::ranges::count_if(drawn, [](const std::string& text) { return text[0] == 'a'; }), 4);
    EXPECT_EQ(std::ranges::count_if(drawn, [](const std::string& text) { return text[0] == 'b'; }), 10);
    EXPECT_NE(drawn, draw_evenly(three_files(), 24, 8));
    EXPECT_EQ(drawn, draw_evenly(three_files(), 24, 7));
}

TEST(DrawEvenly, TakesAllWhereTheLimitIsNoneOrLarge) {
    EXPECT_EQ(draw_evenly(three_files(), 0, 7).size(), 64U);
    EXPECT_EQ(draw_evenly(three_files(), 64, 7).size(), 64U);
    EXPECT_EQ(draw_evenly(three_files(), 500, 7).size(), 64U);
    EXPECT_EQ(draw_evenly(three_files(), 2, 7).size(), 2U);
}

}  // namespace
}  // namespace contrans
