#include "contrans/runtime/model.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(Model, KnowsItsSizes) {
    const Model& model = *testing::tiny_target_model();
    EXPECT_EQ(model.d_model(), 96U);
    EXPECT_EQ(model.n_layers(), 5U);
    EXPECT_EQ(model.trained_context(), 512U);
    EXPECT_EQ(model.vocabulary_size(), 379U);
    EXPECT_EQ(testing::tiny_source_model()->file(), testing::tiny_source_file());
}

TEST(Model, OutlivesItsFile) {
    const testing::TemporaryFolder folder;
    const auto file = write_tiny_model(folder / "a.gguf", testing::tiniest());
    const auto model = Model::load(file);
    std::filesystem::remove(file);
    EXPECT_EQ(model->tokenizer().tokenise("abc").size(), 3U);
}

TEST(Model, AnArchitectureThatLlamaCppDoesNotKnowIsNamed) {
    const testing::TemporaryFolder folder;
    testing::TinyModel tiny = testing::tiniest();
    tiny.architecture = "perceptron";
    const auto file = write_tiny_model(folder / "odd.gguf", tiny);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"odd.gguf", "perceptron"}, [&] { (void)Model::load(file); }));
}

TEST(Model, MissingWeightsAreAnError) {
    const testing::TemporaryFolder folder;
    testing::TinyModel tiny = testing::tiniest();
    const auto file = write_tiny_model(folder / "part.gguf", tiny);
    std::string bytes = testing::read_bytes(file);
    bytes.replace(bytes.find("blk.0.ffn_down"), 14, "blk.0.fun_down");
    testing::write_bytes(file, bytes);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"part.gguf", "ffn_down"}, [&] { (void)Model::load(file); }));
}

TEST(Model, ACutFileIsRefusedBeforeLlamaCppSeesIt) {
    const testing::TemporaryFolder folder;
    const std::string bytes = testing::read_bytes(testing::tiny_source_file());
    testing::write_bytes(folder / "cut.gguf", bytes.substr(0, bytes.size() - 100));
    EXPECT_TRUE(
        throws_error(ErrorKind::format, {"cut.gguf", "cut off"}, [&] { (void)Model::load(folder / "cut.gguf"); }));
}

}  // namespace
}  // namespace contrans
