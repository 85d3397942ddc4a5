#include "contrans/concepts/contrast_pairs.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using Pairing = ContrastPairs::Pairing;

class ContrastPairsFile : public ::testing::Test {
protected:
    std::filesystem::path with(const std::vector<std::string>& lines) {
        std::string bytes;
        for (const std::string& line : lines) bytes += line + "\n";
        testing::write_bytes(folder_ / "p.jsonl", bytes);
        return folder_ / "p.jsonl";
    }
    ::testing::AssertionResult refuses(const std::vector<std::string>& lines, std::vector<std::string> parts) {
        parts.push_back((folder_ / "p.jsonl").string());
        return testing::throws_error(ErrorKind::format, parts, [&] { (void)read_contrast_pairs(with(lines)); });
    }
    testing::TemporaryFolder folder_;
};

const std::string kFirst = R"({"positive": "good", "negative": "bad"})";
const std::string kSecond = R"({"positive": "kind", "negative": "rude"})";

TEST_F(ContrastPairsFile, pairs_keep_their_order) {
    const ContrastPairs pairs = read_contrast_pairs(with({kFirst, "", kSecond}));
    EXPECT_EQ(pairs.pairing, Pairing::paired);
    EXPECT_EQ(pairs.positive, (std::vector<Text>{"good", "kind"}));
    EXPECT_EQ(pairs.negative, (std::vector<Text>{"bad", "rude"}));
}

TEST_F(ContrastPairsFile, labelled_texts_are_unpaired) {
    const ContrastPairs pairs =
        read_contrast_pairs(with({R"({"text": "a", "label": "positive"})", R"({"text": "b", "label": "negative"})",
                                  R"({"text": "c", "label": "positive"})", R"({"text": "d", "label": "negative"})"}));
    EXPECT_EQ(pairs.pairing, Pairing::unpaired);
    EXPECT_EQ(pairs.positive, (std::vector<Text>{"a", "c"}));
    EXPECT_EQ(pairs.negative, (std::vector<Text>{"b", "d"}));
}

TEST_F(ContrastPairsFile, both_forms_in_one_file_make_it_unpaired) {
    const ContrastPairs pairs = read_contrast_pairs(with({kFirst, kSecond, R"({"text": "d", "label": "negative"})"}));
    EXPECT_EQ(pairs.pairing, Pairing::unpaired);
    EXPECT_EQ(pairs.negative.size(), 3U);
}

TEST_F(ContrastPairsFile, chat_messages_are_texts) {
    const ContrastPairs pairs =
        read_contrast_pairs(with({kFirst, R"({"positive": [{"role": "user", "content": "Hi"}], "negative": "Go"})"}));
    EXPECT_EQ(pairs.positive[1], Text(std::vector<ChatMessage>{{"user", "Hi"}}));
}

TEST_F(ContrastPairsFile, broken_lines_are_named) {
    EXPECT_TRUE(refuses({kFirst, "{"}, {":2: ", "JSON"}));
    EXPECT_TRUE(
        refuses({kFirst, R"({"positive": "a"})"}, {":2: ", "\"positive\" and \"negative\"", "got \"positive\""}));
    EXPECT_TRUE(refuses({R"({"positive": "a", "negative": "b", "note": 1})"}, {":1: ", "\"note\""}));
    EXPECT_TRUE(refuses({R"({"text": "a", "negative": "b"})"}, {":1: ", "\"text\" and \"label\""}));
    EXPECT_TRUE(refuses({"{}"}, {":1: ", "no key"}));
    EXPECT_TRUE(refuses({kFirst, R"({"text": "a", "label": "neutral"})"}, {":2: ", "\"label\"", "neutral"}));
    EXPECT_TRUE(refuses({kFirst, R"({"text": "a", "label": 1})"}, {":2: ", "\"label\"", "got 1"}));
    EXPECT_TRUE(refuses({R"({"positive": "a", "negative": "  "})"}, {":1: ", "\"negative\"", "empty"}));
    EXPECT_TRUE(refuses({R"({"positive": 1, "negative": "b"})"}, {":1: ", "\"positive\"", "got 1"}));
}

TEST_F(ContrastPairsFile, each_class_needs_two_texts) {
    EXPECT_TRUE(refuses({}, {"at least 2 texts", "0 positive"}));
    EXPECT_TRUE(refuses({kFirst}, {"at least 2 texts", "1 positive"}));
    EXPECT_TRUE(refuses({R"({"text": "a", "label": "positive"})", R"({"text": "b", "label": "positive"})"},
                        {"at least 2 texts", "0 negative"}));
}

TEST_F(ContrastPairsFile, a_text_in_both_classes_is_named_with_both_lines) {
    EXPECT_TRUE(refuses({kFirst, kSecond, R"({"text": " rude", "label": "positive"})"},
                        {":3: ", "both classes", "\"rude\"", "positive on line 3", "negative on line 2"}));
    EXPECT_TRUE(refuses({kFirst, R"({"positive": "same", "negative": "same"})"}, {":2: ", "both classes"}));
    const std::string chat = R"([{"role": "user", "content": "x"}])";
    EXPECT_TRUE(
        refuses({kFirst, R"({"positive": )" + chat + R"(, "negative": )" + chat + "}"}, {":2: ", "both classes"}));
}

TEST_F(ContrastPairsFile, a_file_that_is_not_there) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::io, {"none.jsonl", "No such file"},
                                      [&] { (void)read_contrast_pairs(folder_ / "none.jsonl"); }));
}

TEST_F(ContrastPairsFile, the_repository_s_pairs_are_read) {
    const ContrastPairs pairs =
        read_contrast_pairs(std::filesystem::path(CONTRANS_SOURCE_DIR) / "data/concepts/polite/pairs.jsonl");
    EXPECT_EQ(pairs.pairing, Pairing::paired);
    EXPECT_GE(pairs.positive.size(), 10U);
}

TEST_F(ContrastPairsFile, damaged_files_are_read_or_refused) {
    const auto file = with({kFirst, kSecond, R"({"text": "é ü", "label": "positive"})",
                            R"({"positive": [{"role": "user", "content": "Hi"}], "negative": "Go\n"})"});
    testing::DamagedFiles damaged(file, [](const auto& path) { (void)read_contrast_pairs(path); });
    damaged.run(3000);
    EXPECT_GT(damaged.refused(), 1000U);
}

}  // namespace
}  // namespace contrans
