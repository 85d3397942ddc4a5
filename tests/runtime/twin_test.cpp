#include "contrans/runtime/twin.h"

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/linalg/products.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/runtime/model.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/requantised.h"
#include "tests/runtime/tiny_models.h"
#include "tests/runtime/turned_reading.h"

namespace contrans {
namespace {

using testing::Quantisation;
using testing::throws_error;
using testing::TinyModel;

class WriteTwin : public ::testing::Test {
protected:
    std::filesystem::path write(const TinyModel& model) const {
        return testing::write_tiny_model(folder_ / (model.name + ".gguf"), model);
    }
    std::filesystem::path twin_of(const std::filesystem::path& model, const TwinOptions& options = {},
                                  const std::string& name = "twin.gguf") const {
        write_twin(model, folder_ / name, options, {});
        return folder_ / name;
    }
    void expect_alike(const std::filesystem::path& model, const std::filesystem::path& twin,
                      const TwinOptions& options) {
        const auto original = Model::load(model);
        const auto turned = Model::load(twin);
        const MatrixF64 rotation = twin_rotation(original->d_model(), turned->d_model(), options.seed);
        const auto distance = testing::turned_distance(*original, *turned, rotation, testing::english(80));
        EXPECT_LT(distance.logits, 1e-4);
        EXPECT_LT(distance.states, 1e-5);
    }

    testing::TemporaryFolder folder_;
};

/// Everything a llama block can have, and gains that are not 1.
TinyModel rich() {
    TinyModel model = testing::tiny_source();
    model.name = "rich";
    model.gain_spread = 0.5;
    model.tensors = TinyModel::Tensors::full;
    return model;
}

TEST_F(WriteTwin, AnswersAsItsModelDoesInTurnedCoordinates) {
    TinyModel tied = rich();
    tied.name = "tied";
    tied.tensors = TinyModel::Tensors::plain;
    for (const TinyModel& model : {rich(), tied}) {
        const auto file = write(model);
        for (const std::size_t width : {std::size_t{0}, std::size_t{64}, std::size_t{80}, std::size_t{256}}) {
            SCOPED_TRACE(model.name + " " + std::to_string(width));
            const TwinOptions options{.width = width, .seed = 5};
            expect_alike(file, twin_of(file, options), options);
        }
    }
}

TEST_F(WriteTwin, OfQuantisedWeightsIsThatOfTheirValues) {
    for (const Quantisation type : {Quantisation::f16, Quantisation::q8_0, Quantisation::q4_1}) {
        const auto quantised = testing::requantised(write(rich()), folder_ / "quantised.gguf", type);
        const auto expanded = testing::requantised(quantised, folder_ / "expanded.gguf", Quantisation::f32);
        const TwinOptions options{.width = 80};
        expect_alike(expanded, twin_of(quantised, options), options);
    }
}

TEST_F(WriteTwin, IsAModelOfItsOwnThatKeepsTheKeys) {
    const auto file = write(rich());
    const ModelIdentity twin = write_twin(file, folder_ / "twin.gguf", {.width = 80, .seed = 4}, {});
    const ModelIdentity model = read_model_identity(file);
    EXPECT_NE(twin, model);
    EXPECT_EQ(twin, read_model_identity(folder_ / "twin.gguf"));
    EXPECT_EQ(twin.name, "rich twin");
    EXPECT_EQ(twin.d_model, 80U);
    const ArtefactReader before(file);
    const ArtefactReader after(folder_ / "twin.gguf");
    for (const char* key : {"tokenizer.ggml.tokens", "tokenizer.ggml.merges"})
        EXPECT_EQ(after.get_string_array(key), before.get_string_array(key));
    for (const char* key : {"llama.context_length", "llama.feed_forward_length", "tokenizer.ggml.eos_token_id"})
        EXPECT_EQ(after.get_u64(key), before.get_u64(key)) << key;
    for (const char* key : {"llama.attention.key_length", "llama.attention.value_length", "llama.rope.dimension_count"})
        EXPECT_EQ(after.get_u64(key), 16U) << key;
    EXPECT_NEAR(after.get_f64("llama.attention.layer_norm_rms_epsilon"), 1e-5 * 64 / 80, 1e-11);
    EXPECT_EQ(after.get_string("contrans.twin.of"), model.fingerprint);
    EXPECT_EQ(after.get_u64("contrans.twin.seed"), 4U);
}

TEST_F(WriteTwin, IsTheSeedsOwnAndWithoutNoiseTheSame) {
    const auto file = write(rich());
    const std::string first = testing::read_bytes(twin_of(file, {.seed = 2}));
    EXPECT_EQ(testing::read_bytes(twin_of(file, {.noise = 0, .seed = 2})), first);
    EXPECT_NE(testing::read_bytes(twin_of(file, {.noise = 1e-3, .seed = 2})), first);
    EXPECT_NE(testing::read_bytes(twin_of(file, {.seed = 3})), first);
}

double root_mean_square(std::span<const float> values) {
    return norm(values) / std::sqrt(static_cast<double>(values.size()));
}

TEST_F(WriteTwin, AddsNoiseInUnitsOfEachMatrix) {
    const auto file = write(rich());
    const ArtefactReader clean(twin_of(file, {.width = 80}, "clean.gguf"));
    const ArtefactReader noisy(twin_of(file, {.width = 80, .noise = 0.1}, "noisy.gguf"));
    for (const std::string& name : clean.tensor_names()) {
        const Matrix plain = clean.matrix(name, {});
        Matrix difference = noisy.matrix(name, {});
        const std::span<float> values(difference.data(), difference.rows() * difference.cols());
        for (std::size_t i = 0; i < values.size(); ++i) values[i] -= plain.data()[i];
        const double share = root_mean_square(values) / root_mean_square({plain.data(), values.size()});
        EXPECT_NEAR(share, plain.rows() == 1 ? 0 : 0.1, 0.005) << name;
    }
}

TEST_F(WriteTwin, OfATwinIsATwinAgain) {
    const auto once = twin_of(write(rich()), {.width = 80}, "once.gguf");
    const TwinOptions options{.seed = 9};
    expect_alike(once, twin_of(once, options), options);
}

TEST_F(WriteTwin, RefusesWhatItCannotTurn) {
    const auto file = write(testing::tiny_source());
    const auto refuses = [&](ErrorKind kind, const std::vector<std::string>& parts, const std::filesystem::path& model,
                             const TwinOptions& options) {
        return throws_error(kind, parts, [&] { write_twin(model, folder_ / "new.gguf", options, {}); });
    };
    for (const std::size_t width : {std::size_t{48}, std::size_t{63}, std::size_t{72}})
        EXPECT_TRUE(refuses(ErrorKind::argument, {"64", "16", std::to_string(width)}, file, {.width = width}));
    for (const double noise : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()})
        EXPECT_TRUE(refuses(ErrorKind::argument, {"noise"}, file, {.noise = noise}));
    TinyModel other = testing::tiny_source();
    other.architecture = "unheard-of";
    EXPECT_TRUE(refuses(ErrorKind::model, {"llama", "unheard-of"}, write(other), {}));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "new.gguf"));
}

/// The tiny model with a tensor of another name, as long.
void write_renamed(const std::filesystem::path& file, const std::string& from, const std::string& to) {
    std::string bytes = testing::read_bytes(testing::tiny_source_file());
    ASSERT_EQ(from.size(), to.size());
    ASSERT_NE(bytes.find(from), std::string::npos);
    testing::write_bytes(file, bytes.replace(bytes.find(from), from.size(), to));
}

TEST_F(WriteTwin, RefusesBlocksOfAnotherKindByTensor) {
    const std::filesystem::path odd = folder_ / "odd.gguf";
    for (const std::string name : {"blk.0.attn_g.weight", "blk.x.attn_q.weight", "blk..0attn_q.weight"}) {
        write_renamed(odd, "blk.0.attn_q.weight", name);
        EXPECT_TRUE(throws_error(ErrorKind::model, {"odd.gguf", name}, [&] { twin_of(odd); }));
    }
    write_renamed(odd, "blk.3.attn_norm.weight", "blk.7.attn_norm.weight");
    EXPECT_TRUE(
        throws_error(ErrorKind::format, {"odd.gguf", "blk.3.attn_norm.weight", "missing"}, [&] { twin_of(odd); }));
}

TEST_F(WriteTwin, LeavesNothingOnAFullDisk) {
    const auto file = write(testing::tiny_source());
    {
        const testing::FullDisk full(300'000);
        EXPECT_TRUE(throws_error(ErrorKind::io, {"new.gguf"}, [&] { write_twin(file, folder_ / "new.gguf", {}, {}); }));
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) EXPECT_EQ(entry.path(), file);
}

TEST_F(WriteTwin, SurvivesDamagedFiles) {
    const auto file = write(testing::tiniest());
    testing::DamagedFiles(file, [&](const std::filesystem::path& damaged) {
        try {
            write_twin(damaged, folder_ / "twin.gguf", {}, {});
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::model) throw;  // a damaged name is another kind of model
        }
    }).run(300);
}

}  // namespace
}  // namespace contrans
