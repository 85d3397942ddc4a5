#include "contrans/pipeline/worded_task.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;
using Chat = std::vector<ChatMessage>;

Task plain_and_chat() {
    Task task;
    task.items.resize(2);
    task.items[0].prompt = "Today";
    task.items[1].prompt = Chat{{"user", "Today?"}};
    return task;
}

TEST(WordedTask, AnInstructionComesFirst) {
    const Task task = with_instruction(plain_and_chat(), "Be glad.");
    EXPECT_EQ(std::get<std::string>(task.items[0].prompt), "Be glad.\n\nToday");
    EXPECT_EQ(std::get<Chat>(task.items[1].prompt), (Chat{{"system", "Be glad."}, {"user", "Today?"}}));
}

std::string with_words(const std::string& prompt) {
    Task task;
    task.items.resize(1);
    task.items[0].prompt = prompt;
    return std::get<std::string>(with_suffix(task, "Blue.").items[0].prompt);
}

TEST(WordedTask, ASuffixStandsBehindTheTextAndNotBehindTheQuestion) {
    EXPECT_EQ(with_words("It rained. The emotion here is"), "It rained. Blue. The emotion here is");
    EXPECT_EQ(with_words("Text: It rained.\nEmotion:"), "Text: It rained. Blue.\nEmotion:");
    EXPECT_EQ(with_words("Text: rain at 3.15\nEmotion:"), "Text: rain at 3.15 Blue.\nEmotion:");
    EXPECT_EQ(with_words("Q: Rain? Yes!\nA: no\nQ: And now?\nA:"), "Q: Rain? Yes!\nA: no\nQ: And now? Blue.\nA:");
    EXPECT_EQ(with_words("It rained."), "Blue. It rained.") << "the end of the prompt is what is read on from";
    EXPECT_EQ(with_words("It"), "Blue. It");
    const Task both = with_suffix(plain_and_chat(), "Blue.");
    EXPECT_EQ(std::get<Chat>(both.items[1].prompt), (Chat{{"user", "Today? Blue."}}));
    EXPECT_EQ(std::get<std::string>(with_suffix(plain_and_chat(), "").items[0].prompt), "Today");
}

TEST(WordedTask, ExamplesOfThePromptsFormComeFirst) {
    const std::vector<Text> texts = {"one", "two", "three", Chat{{"user", "a"}, {"assistant", "b"}},
                                     Chat{{"user", "c"}, {"assistant", "d"}}};
    const Task task = with_examples(plain_and_chat(), texts, 2, 1);
    const std::string plain = std::get<std::string>(task.items[0].prompt);
    EXPECT_TRUE(plain.ends_with("\n\nToday")) << plain;
    const auto& chat = std::get<Chat>(task.items[1].prompt);
    ASSERT_EQ(chat.size(), 5U);
    EXPECT_EQ(chat[1].role, "assistant");
    EXPECT_EQ(chat[4].content, "Today?");
    std::set<std::string> drawn;
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        drawn.insert(std::get<std::string>(with_examples(plain_and_chat(), texts, 2, seed).items[0].prompt));
    EXPECT_EQ(drawn.size(), 6U) << "two of three, in both orders";
    EXPECT_EQ(std::get<std::string>(with_examples(plain_and_chat(), texts, 2, 1).items[0].prompt), plain);
}

TEST(WordedTask, TooFewTextsAreNamed) {
    const std::vector<Text> texts = {"one", Chat{{"user", "a"}}};
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"2", "1"}, [&] { (void)with_examples(plain_and_chat(), texts, 2, 1); }));
}

}  // namespace
}  // namespace contrans
