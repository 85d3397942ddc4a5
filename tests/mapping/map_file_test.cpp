#include "contrans/mapping/map_file.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

constexpr std::size_t kSourceWidth = 3;
constexpr std::size_t kTargetWidth = 2;

AffineMap map_from(float first) {
    Matrix a(kTargetWidth, kSourceWidth);
    for (std::size_t i = 0; i < kTargetWidth * kSourceWidth; ++i) a.data()[i] = first + static_cast<float>(i);
    return {std::move(a), {first * 2, -first}};
}

MapEntry entry(std::size_t source, std::size_t target, FitKind kind) {
    const auto base = static_cast<float>(source + target);
    return {.source_layer = LayerIndex{source},
            .target_layer = LayerIndex{target},
            .kind = kind,
            .map = map_from(base),
            .shuffled = map_from(-base),
            .evidence = {.rows = 1600,
                         .rank = 3,
                         .penalty = 0.125,
                         .gcv_penalty = kind == FitKind::token_ridge ? std::optional(0.25) : std::nullopt,
                         .held_out_r2 = 0.25 + base,
                         .held_out_r2_standard = -0.5,
                         .directional = 0.75}};
}

MapSet example() {
    MapSet maps;
    maps.source = {std::string(64, 'a'), "Small", "llama", kSourceWidth, 30};
    maps.target = {std::string(64, 'b'), "Größer", "gemma3", kTargetWidth, 18};
    maps.n_texts = 2000;
    maps.token_match = 0.93;
    maps.similarity = {{LayerIndex{10}, LayerIndex{4}, 0.5}, {LayerIndex{22}, LayerIndex{14}, 0.25}};
    maps.entries = {entry(22, 14, FitKind::paper), entry(22, 14, FitKind::last_ridge),
                    entry(10, 14, FitKind::token_ridge), entry(0, 17, FitKind::token_plain)};
    maps.target_scale = {{LayerIndex{10}, 1908.5}, {LayerIndex{14}, 8409.25}};
    maps.source_massive = {{LayerIndex{10}, 3, {}}, {LayerIndex{22}, 0, {{1, 0.5}, {0, 0.25}}}};
    maps.target_massive = {{LayerIndex{14}, 1, {{1, 0.875}}}};
    maps.corpus_shingles = {1, 5, std::numeric_limits<std::uint64_t>::max()};
    return maps;
}

class MapFile : public ::testing::Test {
protected:
    testing::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "m.gguf";
};

void expect_same_map(const AffineMap& a, const AffineMap& b) {
    EXPECT_EQ(a.a(), b.a());
    EXPECT_EQ(a.b(), b.b());
}

void expect_same_entry(const MapEntry& a, const MapEntry& b) {
    EXPECT_EQ(a.source_layer, b.source_layer);
    EXPECT_EQ(a.target_layer, b.target_layer);
    EXPECT_EQ(a.kind, b.kind);
    expect_same_map(a.map, b.map);
    expect_same_map(a.shuffled, b.shuffled);
    EXPECT_EQ(a.evidence.rows, b.evidence.rows);
    EXPECT_EQ(a.evidence.rank, b.evidence.rank);
    EXPECT_EQ(a.evidence.penalty, b.evidence.penalty);
    EXPECT_EQ(a.evidence.gcv_penalty, b.evidence.gcv_penalty);
    EXPECT_EQ(a.evidence.held_out_r2, b.evidence.held_out_r2);
    EXPECT_EQ(a.evidence.held_out_r2_standard, b.evidence.held_out_r2_standard);
    EXPECT_EQ(a.evidence.directional, b.evidence.directional);
}

void expect_same_massive(const std::vector<LayerMassive>& a, const std::vector<LayerMassive>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].layer, b[i].layer);
        EXPECT_EQ(a[i].rows, b[i].rows);
        EXPECT_EQ(a[i].dimensions, b[i].dimensions);
    }
}

TEST_F(MapFile, rows_of_a_layer_may_be_unknown) {
    MapSet written = example();
    for (LayerMassive& layer : written.source_massive) layer.rows.reset();
    write_map_set(written, file_);
    expect_same_massive(read_map_set(file_).source_massive, written.source_massive);
}

TEST_F(MapFile, massive_dimensions_must_be_the_models) {
    MapSet broken = example();
    broken.target_massive[0].dimensions[0].dimension = kTargetWidth;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"massive dimensions"}, [&] { write_map_set(broken, file_); }));
}

TEST_F(MapFile, keeps_every_field) {
    const MapSet written = example();
    write_map_set(written, file_);
    const MapSet read = read_map_set(file_);
    EXPECT_EQ(read.source, written.source);
    EXPECT_EQ(read.target, written.target);
    EXPECT_EQ(read.target.name, "Größer");
    EXPECT_EQ(read.n_texts, 2000U);
    EXPECT_EQ(read.token_match, 0.93);
    EXPECT_EQ(read.corpus_shingles, written.corpus_shingles);
    ASSERT_EQ(read.similarity.size(), 2U);
    EXPECT_EQ(read.similarity[1].source_layer, LayerIndex{22});
    EXPECT_EQ(read.similarity[1].target_layer, LayerIndex{14});
    EXPECT_EQ(read.similarity[1].cka, 0.25);
    ASSERT_EQ(read.target_scale.size(), 2U);
    EXPECT_EQ(read.target_scale[0].layer, LayerIndex{10});
    EXPECT_EQ(read.target_scale[0].sigma, 1908.5);
    expect_same_massive(read.source_massive, written.source_massive);
    expect_same_massive(read.target_massive, written.target_massive);
    ASSERT_EQ(read.entries.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) expect_same_entry(read.entries[i], written.entries[i]);
}

TEST_F(MapFile, a_set_made_of_others_has_no_scores_and_keeps_its_way) {
    MapSet written = example();
    written.derivation = "composed by way of Middle";
    written.entries[0].via = {LayerIndex{14}, LayerIndex{9}};
    write_map_set(written, file_);
    const MapSet read = read_map_set(file_);
    EXPECT_EQ(read.derivation, "composed by way of Middle");
    ASSERT_EQ(read.entries.size(), 4U);
    EXPECT_EQ(read.entries[0].via, written.entries[0].via);
    EXPECT_TRUE(read.entries[1].via.empty());
    EXPECT_EQ(read.entries[0].evidence.rows, 1600U);
    EXPECT_EQ(read.entries[0].evidence.held_out_r2, 0);
    const ArtefactReader file(file_);
    for (const char* unknown :
         {"contrans.token_match", "contrans.entry.penalty", "contrans.entry.held_out_r2", "contrans.entry.directional"})
        EXPECT_FALSE(file.has(unknown)) << unknown;
}

TEST_F(MapFile, damaged_ways_are_read_or_refused) {
    MapSet written = example();
    written.derivation = "composed by way of Middle";
    for (MapEntry& entry : written.entries) entry.via = {LayerIndex{14}, LayerIndex{9}};
    write_map_set(written, file_);
    testing::DamagedFiles damaged(file_, [](const auto& path) { (void)read_map_set(path); });
    damaged.run(1000);
    EXPECT_GT(damaged.refused(), 300U);
}

TEST_F(MapFile, a_set_without_entries_is_kept_too) {
    MapSet maps;
    maps.source = example().source;
    maps.target = example().target;
    write_map_set(maps, file_);
    EXPECT_TRUE(read_map_set(file_).entries.empty());
}

TEST_F(MapFile, identities_are_read_alone) {
    write_map_set(example(), file_);
    const MapIdentities models = read_map_identities(file_);
    EXPECT_EQ(models.source, example().source);
    EXPECT_EQ(models.target, example().target);
}

TEST_F(MapFile, what_cannot_be_read_back_is_not_written) {
    const auto refused = [&](const std::string& rule, auto spoil) {
        MapSet maps = example();
        spoil(maps);
        return throws_error(ErrorKind::argument, {"m.gguf", rule}, [&] { write_map_set(maps, file_); });
    };
    EXPECT_TRUE(refused("as wide as the models, [2, 4]", [](auto& m) { m.source.d_model = 4; }));
    EXPECT_TRUE(refused("below the models' 30 and 14", [](auto& m) { m.target.n_layers = 14; }));
    EXPECT_TRUE(refused("below the models'", [](auto& m) { m.similarity[0].source_layer = LayerIndex{30}; }));
    EXPECT_TRUE(refused("below the models'", [](auto& m) { m.target_scale[0].layer = LayerIndex{18}; }));
    EXPECT_TRUE(refused("sorted", [](auto& m) { m.corpus_shingles = {2, 1}; }));
    MapSet broken = example();
    broken.token_match = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"token_match"}, [&] { write_map_set(broken, file_); }));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(MapFile, a_full_disk_or_missing_folder_leaves_no_file) {
    {
        const testing::FullDisk limit(512);
        EXPECT_TRUE(throws_error(ErrorKind::io, {file_.string()}, [&] { write_map_set(example(), file_); }));
    }
    EXPECT_TRUE(throws_error(ErrorKind::io, {"no/m.gguf"}, [&] { write_map_set(example(), folder_ / "no/m.gguf"); }));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(MapFile, another_artefact_is_named) {
    ArtefactWriter("contrans-concept").write(file_);
    EXPECT_TRUE(throws_error(ErrorKind::format, {file_.string(), "\"contrans-map\"", "\"contrans-concept\""},
                             [&] { (void)read_map_set(file_); }));
}

TEST_F(MapFile, damaged_files_are_read_or_refused) {
    write_map_set(example(), file_);
    testing::DamagedFiles damaged(file_, [](const auto& path) { (void)read_map_set(path); });
    damaged.run(3000);
    EXPECT_GT(damaged.refused(), 1000U);
}

}  // namespace
}  // namespace contrans
