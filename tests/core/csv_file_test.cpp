#include "contrans/core/csv_file.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;
using Record = std::pair<std::size_t, std::vector<std::string>>;

class CsvFile : public ::testing::Test {
protected:
    std::vector<Record> read(const std::string& bytes) {
        testing::write_bytes(folder_ / "f.csv", bytes);
        std::vector<Record> records;
        read_csv_records(folder_ / "f.csv", [&](const std::vector<std::string>& fields, const LinePlace& place) {
            records.emplace_back(place.line, fields);
        });
        return records;
    }
    ::testing::AssertionResult refuses(const std::string& bytes, const std::vector<std::string>& parts) {
        return throws_error(ErrorKind::format, parts, [&] { read(bytes); });
    }
    testing::TemporaryFolder folder_;
};

TEST_F(CsvFile, visits_records_with_the_line_they_begin_on) {
    const std::vector<Record> expected = {
        {1, {"a", "b"}}, {3, {"1, \"one\"", ""}}, {4, {"two\n\nlines", "x y"}}, {8, {"", "last"}}};
    EXPECT_EQ(read("a,b\r\n\n\"1, \"\"one\"\"\",\n\"two\n\nlines\",  x y \n\n,last"), expected);
    EXPECT_TRUE(read("").empty());
    EXPECT_TRUE(read("\n\r\n\n").empty());
}

TEST_F(CsvFile, broken_quotes_are_named_by_line) {
    EXPECT_TRUE(refuses("a,b\nx\"y,z\n", {"f.csv:2: ", "quotes"}));
    EXPECT_TRUE(refuses("a,b\n\"x\"y,z\n", {"f.csv:2: ", "quotes"}));
    EXPECT_TRUE(refuses("a,b\n1,2\n\"open,\nand on\n", {"f.csv:3: ", "closed"}));
    EXPECT_TRUE(refuses("a\n\xff\n", {"f.csv:2: ", "UTF-8"}));
}

TEST_F(CsvFile, a_record_has_a_largest_size) {
    const std::string half(LineReader::kMaxLineBytes / 2, 'x');
    EXPECT_TRUE(refuses("a\n\"" + half + "\n" + half + "\n\"\n", {"f.csv:2: ", "at most"}));
    EXPECT_EQ(read("a\n" + half + "\n" + half + "\n").size(), 3U);
}

TEST_F(CsvFile, what_the_visitor_throws_passes_through) {
    testing::write_bytes(folder_ / "f.csv", "a\nb\n");
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"enough"}, [&] {
        read_csv_records(folder_ / "f.csv",
                         [](const auto&, const auto&) { throw Error(ErrorKind::argument, "enough"); });
    }));
}

TEST_F(CsvFile, damaged_files_are_read_or_refused) {
    testing::write_bytes(folder_ / "g.csv", "Question,Answer\n\"Is \"\"it\"\", now?\",\"Yes;\nno\"\nplain,\n");
    testing::DamagedFiles damaged(folder_ / "g.csv",
                                  [](const auto& path) { read_csv_records(path, [](const auto&, const auto&) {}); });
    damaged.run(4000);
    EXPECT_GT(damaged.refused(), 100U);
}

}  // namespace
}  // namespace contrans
