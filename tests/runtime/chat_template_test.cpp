#include "contrans/runtime/chat_template.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;

llama_model* without_template() { return testing::tiny_source_model()->handle(); }

std::shared_ptr<const Model> with_template(const std::string& chat_template) {
    const testing::TemporaryFolder folder;
    testing::TinyModel tiny = testing::tiniest();
    tiny.chat_template = chat_template;
    return Model::load(write_tiny_model(folder / "chat.gguf", tiny));
}

// As far as llama.cpp looks at it.
constexpr const char* kChatMl =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";

TEST(ChatTemplate, ABaseModelGetsTheFallback) {
    EXPECT_EQ(render_chat(without_template(), {{"system", "Be brief."}, {"user", "Who?"}}),
              "System: Be brief.\nUser: Who?\nAssistant:");
}

TEST(ChatTemplate, AnAnswerGivenIsTheEnd) {
    EXPECT_EQ(render_chat(without_template(), {{"user", "Who?"}, {"assistant", "Me."}}), "User: Who?\nAssistant: Me.");
    EXPECT_EQ(render_chat(without_template(), {{"user", "a"}, {"assistant", "b"}, {"user", "c"}}),
              "User: a\nAssistant: b\nUser: c\nAssistant:");
}

TEST(ChatTemplate, TheModelsOwnTemplateIsUsed) {
    const auto model = with_template(kChatMl);
    EXPECT_EQ(render_chat(model->handle(), {{"user", "Who?"}}),
              "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_EQ(render_chat(model->handle(), {{"user", "Who?"}, {"assistant", "Me."}}),
              "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nMe.");
}

TEST(ChatTemplate, LongMessagesArriveWhole) {
    const std::string long_text = testing::english(5000);
    const auto model = with_template(kChatMl);
    EXPECT_EQ(render_chat(model->handle(), {{"user", long_text}}),
              "<|im_start|>user\n" + long_text + "<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, ATemplateThatLlamaCppDoesNotKnowIsAnError) {
    const auto model = with_template("{{ something else }}");
    EXPECT_TRUE(throws_error(ErrorKind::model, {"template"}, [&] {
        (void)render_chat(model->handle(), {{"user", "Who?"}});
    }));
}

TEST(ChatTemplate, UnknownRolesAndEmptyChatsAreRefused) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"role", "tool"}, [] {
        (void)render_chat(without_template(), {{"user", "a"}, {"tool", "b"}});
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"empty"}, [] { (void)render_chat(without_template(), {}); }));
}

}  // namespace
}  // namespace contrans
