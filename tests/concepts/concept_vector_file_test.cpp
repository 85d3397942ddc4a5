#include "contrans/concepts/concept_vector_file.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

ConceptLayer layer_at(std::size_t index) {
    const auto base = static_cast<float>(index);
    Matrix shuffled(2, 3);
    for (std::size_t i = 0; i < 6; ++i) shuffled.data()[i] = base - static_cast<float>(i);
    return {.layer = LayerIndex{index},
            .direction = {base, base + 0.5F, -base - 1},
            .quality = {.norm = 3.25 + base, .held_out_auc = 0.9, .split_half_cosine = -0.25},
            .shuffled = shuffled};
}

ConceptVector example() {
    ConceptVector vector;
    vector.name = "höflich";
    vector.how = {RefineMethod::probe, TextPosition::mean};
    vector.source = {std::string(64, 'a'), "Small", "llama", 3, 30};
    vector.n_positive = 12;
    vector.n_negative = 11;
    vector.suggested_layer = LayerIndex{22};
    vector.layers = {layer_at(0), layer_at(10), layer_at(22)};
    vector.layers[1].shuffled = {};
    vector.text_shingles = {7, std::numeric_limits<std::uint64_t>::max(), 3};
    vector.alternatives = {{{RefineMethod::mean, TextPosition::last}, {layer_at(0), layer_at(10), layer_at(22)}}};
    vector.alternatives[0].layers[2].direction[0] = 99;
    for (ConceptLayer& layer : vector.alternatives[0].layers) layer.quality = {};
    const std::vector<std::string> words = {"danke", "hallo", "über"};
    vector.responses = {{LayerIndex{22}, 0.45, words, {1.5F, -0.25F, 0.125F}},
                        {LayerIndex{10}, 0.5, words, {0, 2, -1}}};
    return vector;
}

void expect_same(const std::vector<ConceptLayer>& read, const std::vector<ConceptLayer>& written) {
    ASSERT_EQ(read.size(), written.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i].layer, written[i].layer);
        EXPECT_EQ(read[i].direction, written[i].direction);
        EXPECT_EQ(read[i].shuffled, written[i].shuffled);
        EXPECT_EQ(read[i].quality.norm, written[i].quality.norm);
        EXPECT_EQ(read[i].quality.held_out_auc, written[i].quality.held_out_auc);
        EXPECT_EQ(read[i].quality.split_half_cosine, written[i].quality.split_half_cosine);
    }
}

class ConceptVectorFile : public ::testing::Test {
protected:
    testing::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "c.gguf";
};

TEST_F(ConceptVectorFile, keeps_every_field) {
    const ConceptVector written = example();
    write_concept_vector(written, file_);
    const ConceptVector read = read_concept_vector(file_);
    EXPECT_EQ(read.name, written.name);
    EXPECT_EQ(read.how, written.how);
    EXPECT_EQ(read.source, written.source);
    EXPECT_EQ(read.source.n_layers, 30U);
    EXPECT_EQ(read.n_positive, 12U);
    EXPECT_EQ(read.n_negative, 11U);
    EXPECT_EQ(read.suggested_layer, written.suggested_layer);
    EXPECT_EQ(read.text_shingles, written.text_shingles);
    EXPECT_EQ(read.responses, written.responses);
    expect_same(read.layers, written.layers);
    ASSERT_EQ(read.alternatives.size(), 1U);
    EXPECT_EQ(read.alternatives[0].how, written.alternatives[0].how);
    expect_same(read.alternatives[0].layers, written.alternatives[0].layers);
}

TEST_F(ConceptVectorFile, a_file_without_alternatives_has_none) {
    ConceptVector written = example();
    written.alternatives.clear();
    written.responses.pop_back();
    write_concept_vector(written, file_);
    EXPECT_TRUE(read_concept_vector(file_).alternatives.empty());
}

TEST_F(ConceptVectorFile, what_cannot_be_read_back_is_not_written) {
    const auto refused = [&](const std::string& rule, auto spoil) {
        ConceptVector vector = example();
        spoil(vector);
        return throws_error(ErrorKind::argument, {"c.gguf", rule}, [&] { write_concept_vector(vector, file_); });
    };
    EXPECT_TRUE(refused("at least one layer", [](auto& v) { v.layers.clear(); }));
    EXPECT_TRUE(refused("must rise", [](auto& v) { std::swap(v.layers[0], v.layers[1]); }));
    EXPECT_TRUE(refused("must rise", [](auto& v) { v.layers[1].layer = v.layers[0].layer; }));
    EXPECT_TRUE(refused("suggested layer 5", [](auto& v) { v.suggested_layer = LayerIndex{5}; }));
    EXPECT_TRUE(refused("layer 10 must be as wide", [](auto& v) { v.layers[1].direction.push_back(0); }));
    EXPECT_TRUE(refused("layer 0 must be as wide", [](auto& v) { v.layers[0].shuffled = Matrix(2, 4); }));
    EXPECT_TRUE(refused("the layers of mean/last", [](auto& v) { v.alternatives[0].layers.pop_back(); }));
    EXPECT_TRUE(refused("layer 22 must be as wide", [](auto& v) { v.alternatives[0].layers[2].direction.pop_back(); }));
    EXPECT_TRUE(refused("a change for each", [](auto& v) { v.responses[0].change.pop_back(); }));
    EXPECT_TRUE(refused("needs words", [](auto& v) { v.responses[0] = WordResponse{}; }));
    EXPECT_TRUE(refused("words must be sorted", [](auto& v) { v.responses[0].words[2] = "danke"; }));
    EXPECT_TRUE(refused("one a refinement", [](auto& v) { v.alternatives.clear(); }));
    EXPECT_TRUE(refused("one a refinement", [](auto& v) { v.responses.push_back(v.responses[1]); }));
    EXPECT_TRUE(refused("the same words", [](auto& v) { v.responses[1].words[0] = "dank"; }));
    EXPECT_TRUE(refused("a change for each", [](auto& v) { v.responses[1].change.pop_back(); }));
    EXPECT_TRUE(refused("below the source's 22", [](auto& v) { v.source.n_layers = 22; }));
    ConceptVector broken = example();
    broken.layers[2].quality.held_out_auc = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"held_out_auc"}, [&] { write_concept_vector(broken, file_); }));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(ConceptVectorFile, a_concept_may_have_no_response) {
    ConceptVector written = example();
    written.responses.clear();
    write_concept_vector(written, file_);
    EXPECT_EQ(read_concept_vector(file_).response(), nullptr);
}

TEST_F(ConceptVectorFile, its_own_response_may_stand_alone_as_in_older_files) {
    ConceptVector written = example();
    written.responses.pop_back();
    write_concept_vector(written, file_);
    EXPECT_EQ(read_concept_vector(file_).responses, written.responses);
}

TEST_F(ConceptVectorFile, a_full_disk_or_missing_folder_leaves_no_file) {
    {
        const testing::FullDisk limit(512);
        EXPECT_TRUE(throws_error(ErrorKind::io, {file_.string()}, [&] { write_concept_vector(example(), file_); }));
    }
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"no/c.gguf"}, [&] { write_concept_vector(example(), folder_ / "no/c.gguf"); }));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(ConceptVectorFile, a_mangled_key_is_named) {
    write_concept_vector(example(), file_);
    std::string bytes = testing::read_bytes(file_);
    const std::size_t at = bytes.find("probe");
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, 5, "prove");
    testing::write_bytes(file_, bytes);
    EXPECT_TRUE(throws_error(ErrorKind::format, {file_.string(), "contrans.method", "\"prove\""},
                             [&] { (void)read_concept_vector(file_); }));
}

TEST_F(ConceptVectorFile, a_mangled_alternative_is_named) {
    write_concept_vector(example(), file_);
    std::string bytes = testing::read_bytes(file_);
    const std::size_t at = bytes.find("mean/last");
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, 9, "mean/list");
    testing::write_bytes(file_, bytes);
    EXPECT_TRUE(throws_error(ErrorKind::format, {file_.string(), "contrans.alternatives", "\"list\""},
                             [&] { (void)read_concept_vector(file_); }));
}

TEST_F(ConceptVectorFile, damaged_files_are_read_or_refused) {
    write_concept_vector(example(), file_);
    testing::DamagedFiles damaged(file_, [](const auto& path) { (void)read_concept_vector(path); });
    damaged.run(4000);
    EXPECT_GT(damaged.refused(), 1000U);
}

TEST(ConceptVector, names_round_trip_and_unknown_ones_are_refused) {
    for (const auto method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
        EXPECT_EQ(parse_refine_method(to_string(method)), method);
    }
    for (const auto position : {TextPosition::last, TextPosition::mean}) {
        EXPECT_EQ(parse_text_position(to_string(position)), position);
    }
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"mean, pca or probe", "\"svm\""}, [] { (void)parse_refine_method("svm"); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"last or mean", "\"\""}, [] { (void)parse_text_position(""); }));
}

TEST(ConceptVector, at_finds_a_layer_or_names_those_there_are) {
    const ConceptVector vector = example();
    EXPECT_EQ(&vector.at(LayerIndex{10}), &vector.layers[1]);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"höflich", "0, 10, 22", "got 11"},
                             [&] { (void)vector.at(LayerIndex{11}); }));
}

}  // namespace
}  // namespace contrans
