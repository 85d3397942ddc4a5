#include "contrans/pipeline/known_map.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/refine.h"
#include "contrans/pipeline/transplant.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::cosine;
using testing::tiny_source_model;

/// The tiny source, twins of it by width and noise, and what is known of them.
class KnownMap : public ::testing::Test {
protected:
    struct Truth {
        std::shared_ptr<const Model> twin;
        MapSet maps;
    };
    static const Truth& truth(std::size_t width, double noise = 0) {
        static const testing::TemporaryFolder folder;
        static std::map<std::pair<std::size_t, double>, Truth> made;
        const auto [place, is_new] = made.try_emplace({width, noise});
        if (is_new) {
            const TwinOptions options{.width = width, .noise = noise, .seed = 6};
            const auto file = folder / (std::to_string(made.size()) + ".gguf");
            write_twin(testing::tiny_source_file(), file, options, {});
            place->second.twin = Model::load(file);
            place->second.maps =
                known_map(tiny_source_model(), place->second.twin, options, testing::neutral(1), 1, {});
        }
        return place->second;
    }
    static const ConceptVector& the_concept() {
        static const ConceptVector vector =
            refine_concept(tiny_source_model(), testing::warm_and_cold(40), testing::refine_request(4), {});
        return vector;
    }
};

TEST_F(KnownMap, CarriesEveryLayerToItself) {
    for (const std::size_t width : {std::size_t{64}, std::size_t{80}}) {
        const MapSet& maps = truth(width).maps;
        ASSERT_EQ(maps.entries.size(), 4U);
        for (std::size_t k = 0; k < 4; ++k) {
            const MapEntry& entry = maps.entries[k];
            EXPECT_EQ(entry.source_layer, LayerIndex{k});
            EXPECT_EQ(entry.target_layer, LayerIndex{k});
            EXPECT_EQ(entry.kind, FitKind::known);
            EXPECT_EQ(entry.map.d_target(), width);
            EXPECT_EQ(maps.target_scale[k].layer, LayerIndex{k});
            EXPECT_NEAR(entry.evidence.held_out_r2, 1, 1e-4);
            EXPECT_NEAR(entry.evidence.held_out_r2_standard, 1, 1e-4);
            EXPECT_NEAR(entry.evidence.directional, 1, 1e-4);
            EXPECT_EQ(entry.evidence.rank, 64U);
        }
    }
}

TEST_F(KnownMap, CarriesAConceptOntoTheOneReadInTheTwin) {
    const Truth& wide = truth(80);
    const ConceptVector native = refine_concept(wide.twin, testing::warm_and_cold(40), testing::refine_request(4), {});
    for (const MapEntry& entry : wide.maps.entries) {
        if (entry.source_layer.value == 3) continue;  // concepts have no last layer
        const auto carried = entry.map.map_direction(the_concept().at(entry.source_layer).direction);
        const auto& there = native.at(entry.target_layer).direction;
        EXPECT_GT(cosine(carried, there), 0.9999) << entry.source_layer.value;
        const auto shuffled = entry.shuffled.map_direction(the_concept().at(entry.source_layer).direction);
        EXPECT_LT(std::abs(cosine(shuffled, there)), 0.4) << entry.source_layer.value;
    }
}

TEST_F(KnownMap, SaysHowFarNoiseBreaksIt) {
    double before = 1;
    for (const double noise : {0.05, 0.2}) {
        const MapEvidence& evidence = truth(64, noise).maps.entries[2].evidence;
        EXPECT_LT(evidence.held_out_r2, before);
        EXPECT_GT(evidence.directional, 0.5);
        before = evidence.held_out_r2 - 0.01;
    }
}

TEST_F(KnownMap, AFittedMapFindsIt) {
    const Truth& known = truth(80);
    MapRequest request = testing::map_request();
    request.source_layers = request.target_layers = {LayerIndex{2}};
    const MapSet fitted = build_map(tiny_source_model(), known.twin, testing::corpus(80), request, {});
    const auto plain = std::ranges::find(fitted.entries, FitKind::token_plain, &MapEntry::kind);
    ASSERT_NE(plain, fitted.entries.end());
    const auto& direction = the_concept().at(LayerIndex{2}).direction;
    EXPECT_GT(cosine(plain->map.map_direction(direction), known.maps.entries[2].map.map_direction(direction)), 0.999);
    EXPECT_NEAR(fitted.target_scale[0].sigma / known.maps.target_scale[2].sigma, 1, 1e-3);
}

TEST_F(KnownMap, TransplantTakesItFromItsFile) {
    const testing::TemporaryFolder folder;
    write_map_set(truth(80).maps, folder / "known.gguf");
    const MapSet maps = read_map_set(folder / "known.gguf");
    TransplantRequest request = testing::transplant_request();
    request.target_layers = {LayerIndex{2}};
    request.dose = 0.4;
    const TransplantResult carried = transplant(the_concept(), maps, truth(80).twin, nullptr, request, {});
    EXPECT_EQ(carried.vector.provenance->fit, "known");
    const Task task = testing::task(1);
    request.target_layers.clear();
    request.dose.reset();
    // Block 0 takes no control vector, the concept was not read at the last.
    EXPECT_EQ(transplant(the_concept(), maps, truth(80).twin, &task, request, {}).candidates.size(), 2U);
}

TEST_F(KnownMap, RefusesAnotherModelsTwin) {
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"Tiny target", "Tiny source", "5", "4"}, [] {
        (void)known_map(tiny_source_model(), testing::tiny_target_model(), {}, testing::neutral(1), 1, {});
    }));
}

}  // namespace
}  // namespace contrans
