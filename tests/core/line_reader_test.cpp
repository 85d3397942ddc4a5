#include "contrans/core/line_reader.h"

#include <string>
#include <vector>

#include "contrans/core/text_lines.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::TemporaryFolder;
using testing::throws_error;
using testing::write_bytes;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    LineReader reader(file);
    std::vector<std::string> lines;
    while (const auto line = reader.next()) lines.emplace_back(*line);
    return lines;
}

class LineFile : public ::testing::Test {
protected:
    std::filesystem::path with(const std::string& bytes) {
        write_bytes(folder_ / "f.txt", bytes);
        return folder_ / "f.txt";
    }
    TemporaryFolder folder_;
};

TEST_F(LineFile, line_ends_mark_and_last_line) {
    EXPECT_EQ(lines_of(with("\xEF\xBB\xBFone\r\n\ntwo\nlast")), (std::vector<std::string>{"one", "", "two", "last"}));
    EXPECT_TRUE(lines_of(with("")).empty());
    EXPECT_EQ(lines_of(with("\n")), (std::vector<std::string>{""}));
}

TEST_F(LineFile, lines_across_block_borders_come_whole) {
    std::string bytes;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 300; ++i) {
        expected.push_back(std::string(i * 7, static_cast<char>('a' + i % 26)));
        bytes += expected.back() + "\n";
    }
    expected.emplace_back(200'000, 'z');
    EXPECT_EQ(lines_of(with(bytes + expected.back())), expected);
}

TEST_F(LineFile, a_line_may_have_a_mebibyte_and_no_more) {
    const std::string longest(LineReader::kMaxLineBytes, 'x');
    EXPECT_EQ(lines_of(with("a\n" + longest + "\nb")).size(), 3U);
    for (const char* end : {"", "\n", "\nb", "xxxxxxxx\nb"}) {
        EXPECT_TRUE(throws_error(ErrorKind::format, {"f.txt:2: ", "1048576"},
                                 [&] { (void)lines_of(with("a\n" + longest + "x" + end)); }));
    }
}

TEST_F(LineFile, bytes_that_are_not_utf8_are_named_with_line_and_place) {
    EXPECT_TRUE(throws_error(ErrorKind::format, {"f.txt:2: ", "UTF-8", "byte 3", "\\xff"}, [&] {
        (void)lines_of(
            with("fine\nab\xFF"
                 "cd\n"));
    }));
}

TEST_F(LineFile, files_that_cannot_be_read) {
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"missing.txt", "No such file"}, [&] { (void)lines_of(folder_ / "missing.txt"); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {folder_.path().string(), "directory"}, [&] { (void)lines_of(folder_.path()); }));
}

TEST_F(LineFile, text_lines_are_trimmed_and_blank_ones_skipped) {
    EXPECT_EQ(read_text_lines(with(" one \n\n \t\r\ntwo words\n")), (std::vector<std::string>{"one", "two words"}));
}

}  // namespace
}  // namespace contrans
