#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common.h"
#include "contrans/runtime/engine.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/core/temporary_folder.h"
#include "tests/matching.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

// A vector goes through our file, llama.cpp's own loader and its own control vectors, and steers as our engine does.
namespace contrans {
namespace {

using testing::all_close;
using testing::RawContext;
using testing::tiny_source_model;

std::vector<float> random_offset(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, 0.5F);
    std::vector<float> offset(tiny_source_model()->d_model());
    for (float& x : offset) x = normal(random);
    return offset;
}

ControlVector vector_at(const std::vector<std::size_t>& layers) {
    ControlVector vector;
    vector.name = "v";
    vector.target = tiny_source_model()->identity();
    for (const std::size_t layer : layers) {
        vector.layers.push_back({LayerIndex{layer}, random_offset(static_cast<unsigned>(layer)), 0.4, 2, 7});
    }
    return vector;
}

std::vector<float> logits_by_engine(const ControlVector& vector, const std::vector<Token>& tokens) {
    std::vector<SteeringPlan::Step> steps;
    for (const ControlLayer& layer : vector.layers) steps.push_back({layer.layer, layer.offset});
    const auto plan = std::make_shared<const SteeringPlan>(std::move(steps));
    Engine engine(tiny_source_model(),
                  {.batch_tokens = 64, .context_tokens = 64, .sequences = 1, .logit_rows = 64, .threads = 1});
    std::vector<BatchRow> rows;
    for (std::size_t i = 0; i < tokens.size(); ++i) rows.push_back({tokens[i], i, {0}, true, plan});
    engine.decode(rows);
    std::vector<float> all;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        all.insert(all.end(), engine.logits(i).begin(), engine.logits(i).end());
    }
    return all;
}

class LlamaLoader : public ::testing::TestWithParam<std::vector<std::size_t>> {};

INSTANTIATE_TEST_SUITE_P(Layers, LlamaLoader,
                         ::testing::Values(std::vector<std::size_t>{1}, std::vector<std::size_t>{2},
                                           std::vector<std::size_t>{3}, std::vector<std::size_t>{1, 3}));

TEST_P(LlamaLoader, OurFileSteersInLlamaCppAsOurEngineDoes) {
    const testing::TemporaryFolder folder;
    const ControlVector vector = vector_at(GetParam());
    write_control_vector(vector, folder / "v.gguf");
    const common_control_vector_data loaded = common_control_vector_load({{1.0F, (folder / "v.gguf").string()}});
    ASSERT_EQ(loaded.n_embd, 64);

    const auto tokens = tiny_source_model()->tokenizer().tokenise("the ship and the bridge");
    RawContext raw(*tiny_source_model());
    const Matrix unsteered = raw.read(tokens).logits;
    raw.steer_raw(loaded.data);
    const Matrix theirs = raw.read(tokens).logits;
    const std::vector<float> ours = logits_by_engine(read_control_vector(folder / "v.gguf"), tokens);
    EXPECT_TRUE(all_close(std::span<const float>(ours), std::span(theirs.data(), ours.size()), 1e-5, 0));
    float moved = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) moved = std::max(moved, std::abs(ours[i] - unsteered.data()[i]));
    EXPECT_GT(moved, 0.1F);
}

TEST(LlamaLoaderStrength, ScalesAsADoseDoes) {
    const testing::TemporaryFolder folder;
    write_control_vector(vector_at({2}), folder / "v.gguf");
    const common_control_vector_data loaded = common_control_vector_load({{-0.5F, (folder / "v.gguf").string()}});
    ControlVector halved = vector_at({2});
    for (float& x : halved.layers[0].offset) x *= -0.5F;
    const auto tokens = tiny_source_model()->tokenizer().tokenise("the ship and the bridge");
    RawContext raw(*tiny_source_model());
    raw.steer_raw(loaded.data);
    const Matrix theirs = raw.read(tokens).logits;
    const std::vector<float> ours = logits_by_engine(halved, tokens);
    EXPECT_TRUE(all_close(std::span<const float>(ours), std::span(theirs.data(), ours.size()), 1e-5, 0));
}

TEST(LlamaLoaderControls, TheControlsFileIsRefused) {
    const testing::TemporaryFolder folder;
    write_control_set(
        {tiny_source_model()->identity(), {{ControlDirection::Kind::shuffled_map, LayerIndex{2}, random_offset(1), 7}}},
        folder / "v.controls.gguf");
    EXPECT_EQ(common_control_vector_load({{1.0F, (folder / "v.controls.gguf").string()}}).n_embd, -1);
}

}  // namespace
}  // namespace contrans
