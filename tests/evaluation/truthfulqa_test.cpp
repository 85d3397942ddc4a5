#include "contrans/evaluation/truthfulqa.h"

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

const std::string kHeader = "Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n";

class TruthfulQa : public ::testing::Test {
protected:
    Task read(const std::string& bytes) {
        testing::write_bytes(folder_ / "qa.csv", bytes);
        return read_task(folder_ / "qa.csv", Split::test);
    }
    ::testing::AssertionResult refuses(const std::string& bytes, const std::vector<std::string>& parts) {
        return throws_error(ErrorKind::format, parts, [&] { read(bytes); });
    }
    testing::TemporaryFolder folder_;
};

TEST_F(TruthfulQa, a_record_becomes_a_truthful_item) {
    const Task task =
        read(kHeader +
             "Adversarial,Ice,\"Is ice, say, warm?\",It is cold,\"It is cold; It is  frozen;;\",It is warm; It "
             "burns,https://example.org\n"
             "x,Bread,What is bread?,Food,Both; Food,Both; A stone; A stone,\n");
    EXPECT_EQ(task.name, "qa");
    EXPECT_EQ(task.kind, TaskKind::truthful);
    ASSERT_EQ(task.items.size(), 2U);
    const TaskItem& ice = task.items[0];
    EXPECT_EQ(std::get<std::string>(ice.prompt), "Q: Is ice, say, warm?\nA:");
    EXPECT_EQ(ice.choices, (std::vector<std::string>{" It is cold", " It is  frozen", " It is warm", " It burns"}));
    EXPECT_EQ(ice.labels, (std::vector<int>{1, 1, 0, 0}));
    EXPECT_EQ(ice.best, 0U);
    EXPECT_EQ(ice.group, "Ice");
    // On both sides: neither.
    EXPECT_EQ(task.items[1].choices, (std::vector<std::string>{" Food", " A stone"}));
}

TEST_F(TruthfulQa, columns_are_found_by_name) {
    const Task task = read("Incorrect Answers,Question,Category,Correct Answers,Best Answer\nNo,Q?,C,Yes,Yes\n");
    EXPECT_EQ(task.items.at(0).choices, (std::vector<std::string>{" Yes", " No"}));
}

TEST_F(TruthfulQa, is_called_as_other_tasks_are) {
    std::filesystem::create_directories(folder_ / "qa");
    testing::write_bytes(folder_ / "qa" / "test.csv", kHeader + "t,c,Q?,yes,yes,no,s\n");
    EXPECT_EQ(read_task(folder_ / "qa" / "test.csv", Split::test).name, "qa");
}

TEST_F(TruthfulQa, broken_records_are_named) {
    EXPECT_TRUE(refuses("", {"qa.csv", "at least one item"}));
    EXPECT_TRUE(refuses(kHeader, {"qa.csv", "at least one item"}));
    EXPECT_TRUE(refuses("Category,Question,Correct Answers,Incorrect Answers\n", {"qa.csv:1: ", "\"Best Answer\""}));
    EXPECT_TRUE(refuses(kHeader + "a,b,c\n", {"qa.csv:2: ", "7 fields", "3"}));
    EXPECT_TRUE(refuses(kHeader + "t,c, ,best,best,no,s\n", {"qa.csv:2: ", "\"Question\""}));
    EXPECT_TRUE(refuses(kHeader + "t,c,Q?,,yes,no,s\n", {"qa.csv:2: ", "\"Best Answer\""}));
    EXPECT_TRUE(refuses(kHeader + "t,c,Q?,yes,yes,;,s\n", {"qa.csv:2: ", "\"Incorrect Answers\""}));
    EXPECT_TRUE(refuses(kHeader + "t,c,Q?,yes,yes,yes,s\n", {"qa.csv:2: ", "\"Incorrect Answers\""}));
}

}  // namespace
}  // namespace contrans
