#include "contrans/evaluation/task.h"

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

const std::string kItem = R"({"prompt": "I feel", "choices": [" glad", " sad"], "answer": 1})";
const std::string kTruthful = R"({"prompt": "Q", "choices": ["a", "b", "c"], "labels": [1, 1, 0], "best": 1})";

class TaskFile : public ::testing::Test {
protected:
    TaskFile() {
        folder_ = std::filesystem::temp_directory_path() / ("contrans-task-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_ / "joy");
    }
    ~TaskFile() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(const std::string& text, const std::string& name = "joy.jsonl") {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }
    Task read(const std::string& text, Split split = Split::all) { return read_task(write(text), split); }
    /// The message of the error that reading gives; "" when there is none.
    std::string refusal(const std::string& text, Split split = Split::all) {
        try {
            (void)read(text, split);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::format);
            return error.what();
        }
        return "";
    }
    void expect_refusal(const std::string& text, const std::string& place, const std::string& rule) {
        const std::string message = refusal(text);
        EXPECT_NE(message.find("joy.jsonl" + place), std::string::npos) << message;
        EXPECT_NE(message.find(rule), std::string::npos) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }

    std::filesystem::path folder_;
};

TEST_F(TaskFile, ReadsConstrainedItems) {
    const Task task =
        read(R"({"prompt": "Say it.", "constraint": {"kind": "max_words", "words": 3}, "group": "short"})"
             "\n"
             R"({"prompt": "Say it.", "constraints": [{"kind": "quoted"}, {"kind": "no_commas"}], "max_tokens": 9})");
    EXPECT_EQ(task.kind, TaskKind::constrained);
    ASSERT_EQ(task.items.size(), 2U);
    EXPECT_EQ(task.items[0].constraints.at(0).kind, ConstraintKind::max_words);
    EXPECT_EQ(task.items[0].constraints.at(0).count, 3U);
    EXPECT_EQ(task.items[0].group, "short");
    EXPECT_EQ(task.items[1].constraints.size(), 2U);
    EXPECT_EQ(task.items[1].max_tokens, 9U);
    const Task chat = as_chat(task);
    EXPECT_EQ(std::get<std::vector<ChatMessage>>(chat.items[0].prompt).at(0).content, "Say it.");
    EXPECT_EQ(std::get<std::vector<ChatMessage>>(chat.items[0].prompt).at(0).role, "user");
}

TEST_F(TaskFile, RefusesBrokenConstrainedItems) {
    const std::string quoted = R"("constraint": {"kind": "quoted"})";
    expect_refusal(R"({"prompt": "Q", "answer": 0, "choices": ["a", "b"], )" + quoted + "}", ":1", "not both");
    expect_refusal(R"({"prompt": "Q", "constraints": []})", ":1", "must not be empty");
    expect_refusal(R"({"prompt": "Q", "constraint": {"kind": "rhymes"}})", ":1", "rhymes");
    expect_refusal(R"({"prompt": "Q", "max_tokens": 0, )" + quoted + "}", ":1", "max_tokens");
    expect_refusal(kItem + "\n" + R"({"prompt": "Q", )" + quoted + "}", ":2", "constrained after choice");
}

TEST_F(TaskFile, ReadsChoiceItems) {
    const Task task = read(kItem + "\n\n" + R"({"prompt": "x", "choices": ["a", "b"], "answer": 0, "group": "g"})");
    EXPECT_EQ(task.name, "joy");
    EXPECT_EQ(task.kind, TaskKind::choice);
    ASSERT_EQ(task.items.size(), 2u);
    EXPECT_EQ(std::get<std::string>(task.items[0].prompt), "I feel");
    EXPECT_EQ(task.items[0].choices, (std::vector<std::string>{" glad", " sad"}));
    EXPECT_EQ(task.items[0].answer, 1u);
    EXPECT_EQ(item_groups(task), (std::vector<std::string>{"", "g"}));
}

TEST_F(TaskFile, ReadsTruthfulItemsAndChatPrompts) {
    const Task task = read(
        R"({"prompt": [{"role": "user", "content": "Q"}], "choices": ["a", "b"], "labels": [0, 1], "best": 1, "id": 7})");
    EXPECT_EQ(task.kind, TaskKind::truthful);
    EXPECT_EQ(std::get<std::vector<ChatMessage>>(task.items[0].prompt)[0].content, "Q");
    EXPECT_EQ(task.items[0].labels, (std::vector<int>{0, 1}));
    EXPECT_EQ(task.items[0].best, 1u);
}

TEST_F(TaskFile, PlainFileNamesTakeTheFoldersName) {
    EXPECT_EQ(read_task(write(kItem, "joy/test.jsonl"), Split::all).name, "joy");
    EXPECT_EQ(read_task(write(kItem, "joy/calm.jsonl"), Split::all).name, "calm");
}

TEST_F(TaskFile, SplitSelectsItsHalf) {
    const std::string text = R"({"prompt": "d", "choices": ["a", "b"], "answer": 0, "split": "dev"})"
                             "\n"
                             R"({"prompt": "t", "choices": ["a", "b"], "answer": 0, "split": "test"})";
    EXPECT_EQ(read(text, Split::all).items.size(), 2u);
    EXPECT_EQ(std::get<std::string>(read(text, Split::dev).items.at(0).prompt), "d");
    EXPECT_EQ(std::get<std::string>(read(text, Split::test).items.at(0).prompt), "t");
}

TEST_F(TaskFile, RefusesAPromptInBothHalves) {
    const auto item = [](const std::string& prompt, const std::string& half) {
        return R"({"prompt": ")" + prompt + R"(", "choices": ["a", "b"], "answer": 0, "split": ")" + half + "\"}\n";
    };
    const std::string twice = item("x", "dev") + item("x", "dev") + item("y", "test");
    EXPECT_EQ(refusal(twice, Split::test), "") << "twice in one half does no harm";
    expect_refusal(twice + "\n" + item(" X", "test"), ":5: ", "stands in " + (folder_ / "joy.jsonl").string() + ":1");
    expect_refusal(item("Y", "test") + item("x", "dev") + item("y", "dev"), ":1: ", ":3");
}

TEST_F(TaskFile, ItemsKnowTheirLine) {
    const Task task = read("\n" + kItem + "\n\n" + kItem);
    EXPECT_EQ(task.file, folder_ / "joy.jsonl");
    EXPECT_EQ(task.items.at(0).line, 2U);
    EXPECT_EQ(task.items.at(1).line, 4U);
}

TEST_F(TaskFile, FilesWithoutSplitAreWhole) {
    EXPECT_EQ(read(kItem, Split::dev).items.size(), 1u);
    EXPECT_EQ(read(kItem, Split::test).items.size(), 1u);
}

TEST_F(TaskFile, RefusesFilesWithoutItems) {
    expect_refusal("\n\n", ":", "at least one item");
    const std::string dev_only = R"({"prompt": "d", "choices": ["a", "b"], "answer": 0, "split": "dev"})";
    EXPECT_NE(refusal(dev_only, Split::test).find("none is of split \"test\""), std::string::npos);
}

TEST_F(TaskFile, MissingFileIsAnIoError) {
    try {
        (void)read_task(folder_ / "absent.jsonl", Split::all);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
        EXPECT_NE(std::string(error.what()).find("absent.jsonl"), std::string::npos);
    }
}

struct BadLine {
    const char* line;
    const char* rule;
};

TEST_F(TaskFile, NamesFileLineAndRule) {
    const BadLine bad_lines[] = {
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": )", ""},
        {R"([1])", "object"},
        {R"({"choices": ["a", "b"], "answer": 0})", R"("prompt" is missing)"},
        {R"({"prompt": "x", "answer": 0})", R"("choices" is missing)"},
        {R"({"prompt": "x", "choices": ["a", "b"]})",
         R"("answer" (or "labels" and "best", "constraint" or "judge") is missing)"},
        {R"({"prompt": " ", "choices": ["a", "b"], "answer": 0})", R"("prompt" must not be empty)"},
        {R"({"prompt": 3, "choices": ["a", "b"], "answer": 0})", R"("prompt" must be a string)"},
        {R"({"prompt": [{"role": "user"}], "choices": ["a", "b"], "answer": 0})", R"("prompt")"},
        {R"({"prompt": "x", "choices": "ab", "answer": 0})", R"("choices" must be a list)"},
        {R"({"prompt": "x", "choices": ["a", 2], "answer": 0})", R"("choices" must hold text)"},
        {R"({"prompt": "x", "choices": ["a", ""], "answer": 0})", "empty text"},
        {R"({"prompt": "x", "choices": ["a"], "answer": 0})", "at least 2"},
        {R"({"prompt": "x", "choices": ["a", "b", "a"], "answer": 0})", "must all differ"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": 2})", R"("answer" must be a choice's index, 0 to 1)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": -1})", R"("answer" must be a choice's index)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": 0.5})", R"("answer" must be a choice's index)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": "b"})", R"("answer" must be a choice's index)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": 0, "best": 1})", "not both"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1, 0]})", R"("best" is missing)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "best": 0})", R"("labels" is missing)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1], "best": 0})", "one a choice"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1, 2], "best": 0})", "must be 0 or 1"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1, true], "best": 0})", "must be 0 or 1"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1, 1], "best": 0})", "at least one choice false"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [0, 0], "best": 1})", "at least one choice true"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1, 0], "best": 1})", "labelled 1"},
        {R"({"prompt": "x", "choices": ["a", "b"], "labels": [1, 0], "best": 7})",
         R"("best" must be a choice's index)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": 0, "group": 3})", R"("group" must hold text)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": 0, "of": 0})", R"("of" must be a line's number)"},
        {R"({"prompt": "x", "choices": ["a", "b"], "answer": 0, "of": "3"})", R"("of" must be a line's number)"},
    };
    for (const BadLine& bad : bad_lines) {
        SCOPED_TRACE(bad.line);
        expect_refusal(std::string(bad.line), ":1: ", bad.rule);
    }
    expect_refusal(kItem + "\n" + bad_lines[2].line, ":2: ", bad_lines[2].rule);
}

TEST_F(TaskFile, RefusesMixedFiles) {
    expect_refusal(kItem + "\n" + kTruthful, ":2: ", "must not share a file");
    const std::string dev = R"({"prompt": "d", "choices": ["a", "b"], "answer": 0, "split": "dev"})";
    expect_refusal(dev + "\n" + kItem, ":2: ", "every line");
    expect_refusal(kItem + "\n" + dev, ":2: ", "every line");
    expect_refusal(R"({"prompt": "d", "choices": ["a", "b"], "answer": 0, "split": "train"})", ":1: ", "\"train\"");
}

Task grouped_task() {
    Task task{"t", TaskKind::choice, {}};
    for (std::size_t i = 0; i < 100; ++i) {
        const std::string group = i < 50 ? "a" : i < 80 ? "b" : "";
        task.items.push_back({std::to_string(i), {"x", "y"}, 0, {}, 0, group});
    }
    return task;
}

TEST(LimitItems, KeepsGroupsInProportionAndOrder) {
    const Task limited = limit_items(grouped_task(), 20, 3);
    ASSERT_EQ(limited.items.size(), 20u);
    std::map<std::string, int> count;
    int last = -1;
    for (const TaskItem& item : limited.items) {
        ++count[item.group];
        const int number = std::stoi(std::get<std::string>(item.prompt));
        EXPECT_GT(number, last);
        last = number;
    }
    EXPECT_NEAR(count["a"], 10, 1);
    EXPECT_NEAR(count["b"], 6, 1);
    EXPECT_NEAR(count[""], 4, 1);
}

std::string version_line(const std::string& prompt, const std::string& rest) {
    return R"({"prompt": ")" + prompt + R"(", "choices": [" a", " b"], "answer": 0, "group": ")" + prompt.substr(0, 1) +
           "\"" + rest + "}\n";
}

TEST_F(TaskFile, KnowsVersionsOfATextAndLeavesOtherUsesOfTheKeysAlone) {
    const Task paired =
        read(version_line("x", R"(, "pair": 7, "version": 0)") + version_line("y", R"(, "pair": 7, "version": 1)"));
    EXPECT_TRUE(has_paired_versions(paired));
    EXPECT_EQ(paired.items[1].version.value().pair, 7U);
    EXPECT_EQ(paired.items[1].version.value().number, 1U);
    for (const char* second : {R"(, "pair": 8, "version": 1)", R"(, "pair": 7, "version": 0)",
                               R"(, "pair": 7, "version": "1.2")", R"(, "pair": "so", "version": 1)", R"(, "pair": 7)"})
        EXPECT_FALSE(
            has_paired_versions(read(version_line("x", R"(, "pair": 7, "version": 0)") + version_line("y", second))))
            << second;
    EXPECT_FALSE(has_paired_versions(Task{}));
}

TEST(LimitItems, KeepsVersionsOfATextTogether) {
    Task task;
    for (std::size_t i = 0; i < 40; ++i) {
        TaskItem& item = task.items.emplace_back();
        item.prompt = std::to_string(i);
        item.group = i % 20 < 10 ? "left" : "right";
        item.version = PairedVersion{i % 20, i / 20};
    }
    for (const std::size_t n : {std::size_t{8}, std::size_t{9}}) {
        const Task limited = limit_items(task, n, 1);
        EXPECT_EQ(limited.items.size(), 8U);
        EXPECT_TRUE(has_paired_versions(limited));
        EXPECT_EQ(std::ranges::count(limited.items, "left", &TaskItem::group), 4);
    }
    EXPECT_EQ(limit_items(task, 1, 1).items.size(), 2U);
}

TEST(LimitItems, IsSeeded) {
    const auto prompts = [](const Task& task) {
        std::vector<std::string> all;
        for (const TaskItem& item : task.items) all.push_back(std::get<std::string>(item.prompt));
        return all;
    };
    EXPECT_EQ(prompts(limit_items(grouped_task(), 20, 3)), prompts(limit_items(grouped_task(), 20, 3)));
    EXPECT_NE(prompts(limit_items(grouped_task(), 20, 3)), prompts(limit_items(grouped_task(), 20, 4)));
}

TEST(LimitItems, ZeroAndMoreThanThereAreMeanAll) {
    EXPECT_EQ(limit_items(grouped_task(), 0, 3).items.size(), 100u);
    EXPECT_EQ(limit_items(grouped_task(), 500, 3).items.size(), 100u);
}

}  // namespace
}  // namespace contrans
