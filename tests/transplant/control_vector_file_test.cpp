#include "contrans/transplant/control_vector_file.h"
#include "contrans/transplant/control_set_file.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "gguf.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

ModelIdentity source() { return {std::string(64, 'a'), "Small", "llama", 5, 30}; }
ModelIdentity target() { return {std::string(64, 'b'), "Target", "gemma3", 3, 18}; }

ControlVector example() {
    ControlVector vector;
    vector.name = "v";
    vector.target = target();
    vector.provenance = TransplantProvenance{
        .concept_name = "höflich",
        .method = "mean/last",
        .source = source(),
        .source_layer = LayerIndex{22},
        .fit = "token_plain",
        .held_out_r2 = 0.48,
        .directional = 0.5,
        .token_match = 0.93,
        .map_derivation = "composed by way of Middle",
        .map_rows = 70000,
        .chosen_by = "behaviour",
        .agreement = AgreementEvidence{0.75, 0.1, std::nullopt},
        .search = SearchStanding{15, 11, 23, 2, "27→13 token-plain", 0.8},
        .dev_value = 0.87,
        .dev_unsteered = 0.0,
        .kl_nats = std::nullopt,
        .effect = EffectSignature{{LayerIndex{14}, 0.16 + 0.3, {"cold", "warm"}, {-1.5F, 2}}, 3.25},
        .tool_version = "0.1.0"};
    vector.combination = VectorCombination{"orthogonalised", {"v: höflich", "w"}};
    // Two digits sort before one in the file's order of names, not in ours.
    vector.layers = {{LayerIndex{2}, {1, 2, 3}, 0.16, -4, 8409.5}, {LayerIndex{14}, {-1, 0, 0.5F}, 0.3, 5, 1908}};
    return vector;
}

ControlSet controls() {
    return {.target = target(),
            .directions = {{ControlDirection::Kind::shuffled_map, LayerIndex{14}, {1, 2, 3}, 8409.5, 2},
                           {ControlDirection::Kind::shuffled_labels,
                            LayerIndex{0},
                            {-1, 0, 1},
                            0,
                            5,
                            Refinement{RefineMethod::probe, TextPosition::mean},
                            "token-plain"}},
            .responses = {{LayerIndex{22}, 0.45, {"cold", "warm"}, {-1, 0.5F}},
                          {LayerIndex{22}, 0.25, {"cold", "warm"}, {-2, 3}}}};
}

struct GgufFree {
    void operator()(gguf_context* context) const { gguf_free(context); }
};
using Gguf = std::unique_ptr<gguf_context, GgufFree>;

struct ForeignTensor {
    std::string name;
    std::vector<std::int64_t> shape;  // GGUF's order
    ggml_type type = GGML_TYPE_F32;
};

class ControlVectorFile : public ::testing::Test {
protected:
    // A file as other engines write it, each tensor full of ones.
    void write_foreign(const std::vector<ForeignTensor>& tensors, const char* architecture = "controlvector") {
        const Gguf gguf(gguf_init_empty());
        gguf_set_val_str(gguf.get(), "general.architecture", architecture);
        gguf_set_val_str(gguf.get(), "controlvector.model_hint", "gemma3");
        gguf_set_val_i32(gguf.get(), "controlvector.layer_count", static_cast<std::int32_t>(tensors.size()));
        const std::size_t bytes = 16 * ggml_tensor_overhead() + 4096;
        const std::unique_ptr<ggml_context, decltype(&ggml_free)> context(
            ggml_init({.mem_size = bytes, .mem_buffer = nullptr, .no_alloc = false}), ggml_free);
        for (const ForeignTensor& one : tensors) {
            ggml_tensor* tensor =
                ggml_new_tensor(context.get(), one.type, static_cast<int>(one.shape.size()), one.shape.data());
            ggml_set_name(tensor, one.name.c_str());
            if (one.type == GGML_TYPE_F32) std::fill_n(ggml_get_data_f32(tensor), ggml_nelements(tensor), 1.0F);
            gguf_add_tensor(gguf.get(), tensor);
        }
        ASSERT_TRUE(gguf_write_to_file(gguf.get(), file_.c_str(), false));
    }

    [[nodiscard]] ::testing::AssertionResult refuses(std::vector<std::string> parts) const {
        parts.push_back(file_.string());
        return throws_error(ErrorKind::format, parts, [&] { (void)read_control_vector(file_); });
    }

    testing::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "v.gguf";
};

TEST_F(ControlVectorFile, keeps_every_field) {
    const ControlVector written = example();
    write_control_vector(written, file_);
    const ControlVector read = read_control_vector(file_, ForeignNumbering::one_late);
    EXPECT_EQ(read.name, "v");
    ASSERT_TRUE(read.target);
    EXPECT_EQ(*read.target, target());
    EXPECT_EQ(read.target->n_layers, 18U);
    ASSERT_TRUE(read.provenance);
    const TransplantProvenance& from = *read.provenance;
    EXPECT_EQ(from.concept_name, "höflich");
    EXPECT_EQ(from.method, "mean/last");
    EXPECT_EQ(from.source, source());
    EXPECT_EQ(from.source_layer, LayerIndex{22});
    EXPECT_EQ(from.fit, "token_plain");
    EXPECT_EQ(from.held_out_r2, 0.48);
    EXPECT_EQ(from.directional, 0.5);
    EXPECT_EQ(from.map_derivation, "composed by way of Middle");
    ASSERT_TRUE(read.combination);
    EXPECT_EQ(read.combination->how, "orthogonalised");
    EXPECT_EQ(read.combination->parts, (std::vector<std::string>{"v: höflich", "w"}));
    EXPECT_EQ(from.token_match, 0.93);
    EXPECT_EQ(from.map_rows, 70000U);
    EXPECT_EQ(from.chosen_by, "behaviour");
    EXPECT_EQ(from.agreement, written.provenance->agreement);
    EXPECT_EQ(from.effect, written.provenance->effect);
    EXPECT_EQ(from.search, written.provenance->search);
    EXPECT_EQ(from.dev_value, 0.87);
    EXPECT_EQ(from.dev_unsteered, 0.0);
    EXPECT_EQ(from.kl_nats, std::nullopt);
    EXPECT_EQ(from.tool_version, "0.1.0");
    ASSERT_EQ(read.layers.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(read.layers[i].layer, written.layers[i].layer);
        EXPECT_EQ(read.layers[i].offset, written.layers[i].offset);
        EXPECT_EQ(read.layers[i].dose, written.layers[i].dose);
        EXPECT_EQ(read.layers[i].coefficient, written.layers[i].coefficient);
        EXPECT_EQ(read.layers[i].sigma, written.layers[i].sigma);
    }
}

TEST_F(ControlVectorFile, the_name_is_the_file_s_stem) {
    write_control_vector(example(), folder_ / "renamed.gguf");
    EXPECT_EQ(read_control_vector(folder_ / "renamed.gguf").name, "renamed");
}

// The rules that llama.cpp's common_control_vector_load holds a file to.
TEST_F(ControlVectorFile, is_what_llama_cpp_loads) {
    write_control_vector(example(), file_);
    ggml_context* data = nullptr;
    const Gguf gguf(gguf_init_from_file(file_.c_str(), {.no_alloc = false, .ctx = &data}));
    ASSERT_TRUE(gguf);
    const std::unique_ptr<ggml_context, decltype(&ggml_free)> owner(data, ggml_free);
    EXPECT_EQ(ggml_get_data_f32(ggml_get_tensor(data, "direction.2"))[2], 3.0F);
    EXPECT_EQ(ggml_get_data_f32(ggml_get_tensor(data, "direction.14"))[2], 0.5F);
    const auto text = [&](const char* key) { return gguf_get_val_str(gguf.get(), gguf_find_key(gguf.get(), key)); };
    EXPECT_STREQ(text("general.architecture"), "controlvector");
    EXPECT_STREQ(text("controlvector.model_hint"), "gemma3");
    EXPECT_EQ(gguf_get_val_u32(gguf.get(), gguf_find_key(gguf.get(), "controlvector.layer_count")), 2U);
    ASSERT_EQ(gguf_get_n_tensors(gguf.get()), 2);
    EXPECT_STREQ(gguf_get_tensor_name(gguf.get(), 0), "direction.2");
    EXPECT_STREQ(gguf_get_tensor_name(gguf.get(), 1), "direction.14");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(gguf_get_tensor_type(gguf.get(), i), GGML_TYPE_F32);
        EXPECT_EQ(gguf_get_tensor_ne(gguf.get(), i)[0], 3);
        EXPECT_EQ(gguf_get_tensor_ne(gguf.get(), i)[1], 1);
    }
}

TEST_F(ControlVectorFile, a_vector_without_origin_is_kept_as_one) {
    ControlVector bare = example();
    bare.target.reset();
    bare.provenance.reset();
    write_control_vector(bare, file_);
    const ControlVector read = read_control_vector(file_);
    EXPECT_FALSE(read.target);
    EXPECT_FALSE(read.provenance);
    EXPECT_EQ(read.layers[1].dose, 0.3);
}

TEST_F(ControlVectorFile, what_the_format_cannot_hold_is_not_written) {
    const auto refused = [&](const std::string& rule, auto spoil) {
        ControlVector vector = example();
        spoil(vector);
        return throws_error(ErrorKind::argument, {"v.gguf", rule}, [&] { write_control_vector(vector, file_); });
    };
    EXPECT_TRUE(refused("cannot hold layer 0", [](auto& v) { v.layers[0].layer = LayerIndex{0}; }));
    EXPECT_TRUE(refused("at least one layer", [](auto& v) { v.layers.clear(); }));
    EXPECT_TRUE(refused("must rise", [](auto& v) { v.layers[1].layer = LayerIndex{2}; }));
    EXPECT_TRUE(refused("layer 14 must be 3 wide (got 4)", [](auto& v) { v.layers[1].offset.push_back(0); }));
    EXPECT_TRUE(refused("below the target's 14", [](auto& v) { v.target->n_layers = 14; }));
    EXPECT_TRUE(refused("layer 2 must be", [](auto& v) { v.target.reset(), v.layers[0].offset.clear(); }));
    ControlVector broken = example();
    broken.layers[0].offset[1] = std::numeric_limits<float>::infinity();
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"v.gguf", "direction.2", "element 1"},
                             [&] { write_control_vector(broken, file_); }));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(ControlVectorFile, a_full_disk_or_missing_folder_leaves_no_file) {
    {
        const testing::FullDisk limit(512);
        EXPECT_TRUE(throws_error(ErrorKind::io, {file_.string()}, [&] { write_control_vector(example(), file_); }));
    }
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"no/v.gguf"}, [&] { write_control_vector(example(), folder_ / "no/v.gguf"); }));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(ControlVectorFile, other_engines_files_are_numbered_as_asked) {
    write_foreign({{"direction.1", {4}}, {"direction.10", {4}}, {"direction.9", {4}}});
    const ControlVector read = read_control_vector(file_);
    EXPECT_FALSE(read.target);
    EXPECT_FALSE(read.provenance);
    ASSERT_EQ(read.layers.size(), 3U);
    EXPECT_EQ(read.layers[0].layer, LayerIndex{1});
    EXPECT_EQ(read.layers[1].layer, LayerIndex{9});
    EXPECT_EQ(read.layers[2].layer, LayerIndex{10});
    EXPECT_EQ(read.layers[2].offset, std::vector<float>(4, 1.0F));
    EXPECT_EQ(read.layers[2].sigma, 0);
    const ControlVector late = read_control_vector(file_, ForeignNumbering::one_late);
    EXPECT_EQ(late.layers[0].layer, LayerIndex{0});
    EXPECT_EQ(late.layers[2].layer, LayerIndex{9});
}

TEST_F(ControlVectorFile, other_engines_broken_files_are_refused) {
    write_foreign({});
    EXPECT_TRUE(refuses({"at least one direction.N"}));
    write_foreign({{"direction.1", {4}}, {"direction.2", {5}}});
    EXPECT_TRUE(refuses({"direction.2", "[4]", "[5]"}));
    write_foreign({{"direction.1", {4, 2}}});
    EXPECT_TRUE(refuses({"direction.1", "[2, 4]"}));
    write_foreign({{"direction.1", {4}, GGML_TYPE_F16}});
    EXPECT_TRUE(refuses({"direction.1", "f32", "f16"}));
    for (const char* name : {"direction.0", "direction.x", "direction.1x", "direction.01", "direction.", "direction.-1",
                             "direction.99999999999999999999", "layer.1"}) {
        write_foreign({{name, {4}}});
        EXPECT_TRUE(refuses({name, "N a layer of at least 1"}));
    }
    write_foreign({{"direction.1", {4}}}, "llama");
    EXPECT_TRUE(refuses({"general.architecture", "\"controlvector\"", "\"llama\""}));
}

TEST_F(ControlVectorFile, damaged_files_are_read_or_refused) {
    write_control_vector(example(), file_);
    testing::DamagedFiles damaged(file_, [](const auto& path) { (void)read_control_vector(path); });
    damaged.run(4000);
    EXPECT_GT(damaged.refused(), 1000U);
}

TEST(ControlSetFile, lies_beside_the_vector) {
    EXPECT_EQ(controls_path("a.b/polite.gguf"), "a.b/polite.controls.gguf");
    EXPECT_EQ(controls_path("polite"), "polite.controls.gguf");
    EXPECT_EQ(controls_path("polite.v2"), "polite.v2.controls.gguf");
}

TEST_F(ControlVectorFile, control_sets_keep_every_field_and_load_as_no_vector) {
    write_control_set(controls(), file_);
    const ControlSet read = read_control_set(file_);
    EXPECT_EQ(read.target, target());
    ASSERT_EQ(read.directions.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(read.directions[i].kind, controls().directions[i].kind);
        EXPECT_EQ(read.directions[i].target_layer, controls().directions[i].target_layer);
        EXPECT_EQ(read.directions[i].direction, controls().directions[i].direction);
        EXPECT_EQ(read.directions[i].sigma, controls().directions[i].sigma);
        EXPECT_EQ(read.directions[i].group, controls().directions[i].group);
        EXPECT_EQ(read.directions[i].how, controls().directions[i].how);
        EXPECT_EQ(read.directions[i].fit, controls().directions[i].fit);
    }
    EXPECT_EQ(read.responses, controls().responses);
    EXPECT_TRUE(refuses({"\"controlvector\"", "\"contrans-controls\""}));
}

TEST_F(ControlVectorFile, control_sets_may_have_no_responses) {
    ControlSet alone = controls();
    alone.responses.clear();
    write_control_set(alone, file_);
    EXPECT_TRUE(read_control_set(file_).responses.empty());
}

TEST_F(ControlVectorFile, control_sets_that_do_not_fit_the_target_are_not_written) {
    ControlSet wide = controls();
    wide.directions[1].direction.push_back(1);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"v.gguf", "3 wide", "got 4 on layer 0"},
                             [&] { write_control_set(wide, file_); }));
    ControlSet high = controls();
    high.directions[0].target_layer = LayerIndex{18};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"below 18", "layer 18"}, [&] { write_control_set(high, file_); }));
    ControlSet odd = controls();
    odd.responses[1].words.pop_back();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"a change for each"}, [&] { write_control_set(odd, file_); }));
}

TEST_F(ControlVectorFile, a_mangled_refinement_of_a_control_is_named) {
    write_control_set(controls(), file_);
    std::string bytes = testing::read_bytes(file_);
    const std::size_t at = bytes.find("probe/mean");
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, 10, "prove/mean");
    testing::write_bytes(file_, bytes);
    EXPECT_TRUE(throws_error(ErrorKind::format, {file_.string(), "contrans.control.refinement", "\"prove\""},
                             [&] { (void)read_control_set(file_); }));
}

TEST_F(ControlVectorFile, damaged_control_sets_are_read_or_refused) {
    write_control_set(controls(), file_);
    testing::DamagedFiles damaged(file_, [](const auto& path) { (void)read_control_set(path); });
    damaged.run(3000);
    EXPECT_GT(damaged.refused(), 1000U);
}

}  // namespace
}  // namespace contrans
