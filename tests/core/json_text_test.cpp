#include "contrans/core/json_text.h"

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using nlohmann::json;

Text read(const std::string& text) { return text_from_json(json::parse(text), "prompt", {"f.jsonl", 7}); }

TEST(JsonText, string_and_messages) {
    EXPECT_EQ(read(R"("hello ")"), Text("hello "));
    const Text chat = read(R"([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}])");
    EXPECT_EQ(chat, Text(std::vector<ChatMessage>{{"user", "Hi"}, {"assistant", "Yes?"}}));
    EXPECT_EQ(plain_text(chat), "Hi\nYes?");
    EXPECT_EQ(plain_text(Text("x")), "x");
}

TEST(JsonText, what_is_refused_names_place_key_and_value) {
    const auto refuses = [](const std::string& text, const std::string& rule) {
        return testing::throws_error(ErrorKind::format, {"f.jsonl:7: \"prompt\"", rule}, [&] { (void)read(text); });
    };
    EXPECT_TRUE(refuses("3", "string or a list of chat messages (got 3)"));
    EXPECT_TRUE(refuses("[]", "string or a list"));
    EXPECT_TRUE(refuses(R"(" \n")", "must not be empty"));
    EXPECT_TRUE(refuses(R"([{"role": "user"}])", "message 1 must be an object"));
    EXPECT_TRUE(refuses(R"([{"role": "user", "content": "a", "name": "b"}])", "message 1 must be an object"));
    EXPECT_TRUE(refuses(R"([{"role": "user", "content": "a"}, {"role": "bot", "content": "b"}])", "message 2: role"));
    EXPECT_TRUE(refuses(R"([{"role": "user", "content": ""}])", "content must not be empty"));
    EXPECT_TRUE(refuses(R"([{"role": "user", "content": 1}])", "content must be a string"));
    EXPECT_TRUE(refuses(R"(["a"])", "message 1 must be an object"));
}

}  // namespace
}  // namespace contrans
