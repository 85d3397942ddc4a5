#include "contrans/evaluation/disjoint_tasks.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

Task task_of(const std::string& name, const std::vector<Text>& prompts) {
    Task task{name, TaskKind::choice, {}, name + ".jsonl"};
    for (const Text& prompt : prompts) {
        TaskItem item{prompt, {"a", "b"}, 0, {}, 0, ""};
        item.line = 10 + task.items.size();
        task.items.push_back(item);
    }
    return task;
}

TEST(FoldedPrompt, DropsWhatTellsTwoWritingsApart) {
    EXPECT_EQ(folded_prompt("  I\t am\n\nHERE \u3000"), "i am here");
    EXPECT_EQ(folded_prompt("I\u00A0am here"), "i am here");
    EXPECT_EQ(folded_prompt("私は\u3000ここ"), "私は ここ");
    EXPECT_EQ(folded_prompt("I am here."), "i am here.");
    EXPECT_EQ(folded_prompt("Iam here"), "iam here");
    const Text chat = std::vector<ChatMessage>{{"system", "Be kind."}, {"user", "Who  am I?"}};
    EXPECT_EQ(folded_prompt(chat), "be kind. who am i?");
}

TEST(DisjointTasks, NameBothPlacesOfASharedPrompt) {
    const Task development = task_of("dev", {"one", "two"});
    require_disjoint(development, task_of("test", {"three", "one two"}));
    EXPECT_TRUE(testing::throws_error(ErrorKind::format, {"test.jsonl:12: ", "stands in dev.jsonl:11"}, [&] {
        require_disjoint(development, task_of("test", {"three", "four", " TWO", "one"}));
    }));
}

TEST(DisjointTasks, AreNamedByItemWithoutAFile) {
    Task made = task_of("made", {"one"});
    made.items[0].line = 0;
    EXPECT_TRUE(
        testing::throws_error(ErrorKind::format, {"item 0 of task \"made\": "}, [&] { require_disjoint(made, made); }));
}

}  // namespace
}  // namespace contrans
