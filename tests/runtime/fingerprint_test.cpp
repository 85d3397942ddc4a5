#include "contrans/runtime/fingerprint.h"

#include <cstdint>
#include <memory>
#include <string>

#include "gguf.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::read_bytes;
using testing::throws_error;
using testing::tiniest;
using testing::TinyModel;
using testing::write_bytes;

class Fingerprint : public ::testing::Test {
protected:
    std::filesystem::path written(const std::string& name, const TinyModel& model = tiniest()) {
        return write_tiny_model(folder_ / name, model);
    }
    std::string of(const std::string& name, const TinyModel& model) {
        return read_model_identity(written(name, model)).fingerprint;
    }

    testing::TemporaryFolder folder_;
};

/// Where a tensor's values begin in the file.
std::uint64_t begin_of(const std::filesystem::path& file, const char* tensor) {
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> header(
        gguf_init_from_file(file.c_str(), {.no_alloc = true, .ctx = nullptr}), &gguf_free);
    return gguf_get_data_offset(header.get()) +
           gguf_get_tensor_offset(header.get(), gguf_find_tensor(header.get(), tensor));
}

TEST_F(Fingerprint, SaysWhatTheHeaderSays) {
    const ModelIdentity identity = read_model_identity(written("a.gguf", testing::tiny_target()));
    EXPECT_EQ(identity.name, "Tiny target");
    EXPECT_EQ(identity.architecture, "llama");
    EXPECT_EQ(identity.d_model, 96U);
    EXPECT_EQ(identity.n_layers, 5U);
    EXPECT_EQ(identity.fingerprint.size(), 64U);
}

TEST_F(Fingerprint, FileAndModelNamePlayNoPart) {
    const auto file = written("a.gguf");
    std::filesystem::copy_file(file, folder_ / "another name.bin");
    EXPECT_EQ(read_model_identity(file).fingerprint, read_model_identity(folder_ / "another name.bin").fingerprint);
    TinyModel renamed = tiniest();
    renamed.name = "Renamed";
    EXPECT_EQ(read_model_identity(file).fingerprint, of("b.gguf", renamed));
}

TEST_F(Fingerprint, OneChangedWeightByteShows) {
    const auto file = written("a.gguf");
    const std::string before = read_model_identity(file).fingerprint;
    for (const char* tensor : {"token_embd.weight", "blk.0.ffn_down.weight", "output_norm.weight"}) {
        std::string bytes = read_bytes(file);
        bytes[begin_of(file, tensor)] = static_cast<char>(bytes[begin_of(file, tensor)] ^ 1);
        write_bytes(folder_ / "changed.gguf", bytes);
        EXPECT_NE(read_model_identity(folder_ / "changed.gguf").fingerprint, before) << tensor;
    }
}

TEST_F(Fingerprint, OtherWeightsOrShapesAreOtherModels) {
    const std::string before = of("a.gguf", tiniest());
    TinyModel other_seed = tiniest();
    other_seed.seed = 7;
    EXPECT_NE(of("seed.gguf", other_seed), before);
    TinyModel other_depth = tiniest();
    other_depth.layers = 2;
    EXPECT_NE(of("layers.gguf", other_depth), before);
}

TEST_F(Fingerprint, AnotherVocabularyIsAnotherModel) {
    TinyModel pieces = tiniest();
    pieces.vocabulary = TinyModel::Vocabulary::sentence_pieces;
    EXPECT_NE(of("pieces.gguf", pieces), of("pairs.gguf", tiniest()));
}

TEST_F(Fingerprint, TheTokenizerIsToldFromTheWeights) {
    TinyModel other_seed = tiniest();
    other_seed.seed = 7;
    const ModelIdentity model = read_model_identity(write_tiny_model(folder_ / "a.gguf", tiniest()));
    EXPECT_EQ(read_model_identity(write_tiny_model(folder_ / "b.gguf", other_seed)).tokenizer, model.tokenizer);
    other_seed.words = 1;
    EXPECT_NE(read_model_identity(write_tiny_model(folder_ / "c.gguf", other_seed)).tokenizer, model.tokenizer);
}

TEST_F(Fingerprint, OneChangedTokenIsAnotherModel) {
    const auto file = written("a.gguf");
    const std::string before = read_model_identity(file).fingerprint;
    std::string bytes = read_bytes(file);
    const std::size_t at = bytes.find("<|endoftext|>");
    ASSERT_NE(at, std::string::npos);
    bytes[at + 2] = 'E';
    write_bytes(folder_ / "changed.gguf", bytes);
    EXPECT_NE(read_model_identity(folder_ / "changed.gguf").fingerprint, before);
}

TEST_F(Fingerprint, MissingFilesAndFoldersAreNamed) {
    EXPECT_TRUE(throws_error(ErrorKind::io, {"nowhere.gguf", "no such"},
                             [&] { (void)read_model_identity(folder_ / "nowhere.gguf"); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {folder_.path().string()}, [&] { (void)read_model_identity(folder_.path()); }));
}

TEST_F(Fingerprint, WhatIsNoGgufIsNamed) {
    for (const char* content : {"", "GG", "PK\x03\x04 a zip, say, of some length"}) {
        write_bytes(folder_ / "foreign.gguf", content);
        EXPECT_TRUE(throws_error(ErrorKind::format, {"foreign.gguf", "GGUF"},
                                 [&] { (void)read_model_identity(folder_ / "foreign.gguf"); }));
    }
}

TEST_F(Fingerprint, ACutFileIsNamedWhereverItIsCut) {
    const auto file = written("a.gguf");
    const std::string bytes = read_bytes(file);
    for (const std::size_t length : {std::size_t{20}, std::size_t{900}, bytes.size() / 2, bytes.size() - 1}) {
        write_bytes(folder_ / "cut.gguf", bytes.substr(0, length));
        EXPECT_TRUE(throws_error(ErrorKind::format, {"cut.gguf"}, [&] {
            (void)read_model_identity(folder_ / "cut.gguf");
        })) << length;
    }
}

TEST_F(Fingerprint, AGgufThatIsNoModelIsNamedWithTheKeyItLacks) {
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> gguf(gguf_init_empty(), &gguf_free);
    gguf_set_val_str(gguf.get(), "general.architecture", "controlvector");
    gguf_write_to_file(gguf.get(), (folder_ / "vector.gguf").c_str(), false);
    EXPECT_TRUE(throws_error(ErrorKind::format, {"vector.gguf", "controlvector.embedding_length"},
                             [&] { (void)read_model_identity(folder_ / "vector.gguf"); }));
}

TEST_F(Fingerprint, DamagedFilesAreRefusedQuietlyAndNeverCrash) {
    ::testing::internal::CaptureStderr();
    testing::DamagedFiles damaged(written("a.gguf"), [](const auto& file) { (void)read_model_identity(file); });
    damaged.run(400);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace contrans
