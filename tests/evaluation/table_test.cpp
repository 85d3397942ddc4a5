#include "contrans/evaluation/table.h"

#include <algorithm>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::size_t columns_of(const std::string& line) {
    return static_cast<std::size_t>(std::count_if(
        line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

TEST(Table, FitsItsWidthAndAligns) {
    const std::vector<std::string> lines = lines_of(render_table(testing::sample_report()));
    ASSERT_GT(lines.size(), 9u);
    for (const std::string& line : lines) EXPECT_LE(columns_of(line), kTableWidth) << line;
    for (std::size_t row = 2; row < 8; ++row) EXPECT_EQ(lines[row].size(), lines[1].size()) << lines[row];
    EXPECT_EQ(lines[2].find("happiness"), 0u);
    EXPECT_EQ(lines[7].find("surprise"), 0u);
}

TEST(Table, HasEveryConditionAndTheHeadline) {
    const std::string table = render_table(testing::sample_report());
    for (const char* word : {"none", "prompt", "native", "transplanted", "paper", "map", "labels", "cov.", "iso.",
                             "nats", "Carried vectors recover", "Controls:"}) {
        EXPECT_NE(table.find(word), std::string::npos) << word;
    }
}

TEST(Table, LeavesEmptyColumnsOut) {
    const std::string table = render_table(testing::one_task_report(0, 1, 1, 0));
    EXPECT_EQ(lines_of(table)[1].find("paper"), std::string::npos);
    EXPECT_EQ(lines_of(table)[1].find("prompt"), std::string::npos);
}

TEST(Table, CutsLongNamesByLetters) {
    EvaluationReport report = testing::one_task_report(0, 1, 1, 0);
    const std::string name = "Überschwänglichkeit und mehr davon als passt";
    for (ConditionResult& result : report.results) result.task = name;
    const std::vector<std::string> lines = lines_of(render_table(report));
    EXPECT_EQ(lines[2].find("Überschwänglichkeit"), 0u);
    EXPECT_NE(lines[2].find('~'), std::string::npos);
    EXPECT_EQ(columns_of(lines[2]), columns_of(lines[1]));
}

TEST(Table, KeepsControlCharactersOffTheTerminal) {
    EvaluationReport report = testing::one_task_report(0, 1, 1, 0);
    for (ConditionResult& result : report.results) result.task = "a\x1b[31m\nb";
    EXPECT_EQ(render_table(report).find('\x1b'), std::string::npos);
    EXPECT_EQ(lines_of(render_table(report))[2].find("a?[31m?b"), 0u);
}

TEST(Table, OfAnEmptyReportSaysSo) { EXPECT_NE(render_table({}).find("no transplanted vector"), std::string::npos); }

}  // namespace
}  // namespace contrans
