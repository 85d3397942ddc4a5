#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/refine.h"
#include "contrans/pipeline/transplant.h"
#include "gtest/gtest.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

// Source and target are one model: what is carried must be what is there.
namespace contrans {
namespace {

using testing::cosine;
using testing::tiny_source_model;

class Twin : public ::testing::Test {
protected:
    static const MapSet& maps() {
        static const MapSet made = [] {
            MapRequest request = testing::map_request();
            request.target_layers = request.source_layers;
            return build_map(tiny_source_model(), Model::load(testing::tiny_source_file()), testing::corpus(60),
                             request, {});
        }();
        return made;
    }
    static const ConceptVector& the_concept() {
        static const ConceptVector vector =
            refine_concept(tiny_source_model(), testing::warm_and_cold(40), testing::refine_request(10), {});
        return vector;
    }
    static const MapEntry& plain_map_at(LayerIndex layer) {
        return *std::ranges::find_if(maps().entries, [layer](const MapEntry& entry) {
            return entry.source_layer == layer && entry.target_layer == layer && entry.kind == FitKind::token_plain;
        });
    }
};

TEST_F(Twin, EveryTokenPairsAndEveryLayerIsMostLikeItself) {
    EXPECT_EQ(maps().token_match, 1);
    for (const LayerPairSimilarity& pair : maps().similarity) {
        if (pair.source_layer != pair.target_layer) continue;
        EXPECT_NEAR(pair.cka, 1, 1e-3);
    }
}

TEST_F(Twin, TheCarriedDirectionIsTheNativeOne) {
    for (const LayerIndex layer : {LayerIndex{1}, LayerIndex{2}}) {
        const auto& native = the_concept().at(layer).direction;
        const auto carried = plain_map_at(layer).map.map_direction(native);
        EXPECT_GT(cosine(carried, native), 0.99) << layer.value;
        EXPECT_LT(std::abs(cosine(plain_map_at(layer).shuffled.map_direction(native), native)), 0.3) << layer.value;
    }
}

TEST_F(Twin, LabelShuffledDirectionsAreOthers) {
    for (const LayerIndex layer : {LayerIndex{1}, LayerIndex{2}}) {
        const ConceptLayer& native = the_concept().at(layer);
        double mean = 0;
        for (std::size_t draw = 0; draw < native.shuffled.rows(); ++draw) {
            const auto carried = plain_map_at(layer).map.map_direction(native.shuffled.row(draw));
            mean += std::abs(cosine(carried, native.direction)) / static_cast<double>(native.shuffled.rows());
        }
        EXPECT_LT(mean, 0.3) << layer.value;
    }
}

TEST_F(Twin, ATransplantSteersAsTheNativeVectorDoes) {
    TransplantRequest request = testing::transplant_request();
    request.source_layer = LayerIndex{2};
    request.target_layers = {LayerIndex{2}};
    request.fit = FitKind::token_plain;
    request.dose = 0.4;
    const TransplantResult carried = transplant(the_concept(), maps(), tiny_source_model(), nullptr, request, {});
    TransplantRequest native_request = testing::transplant_request();
    native_request.target_layers = {LayerIndex{2}};
    native_request.dose = 0.4;
    const TransplantResult native = place_native(the_concept(), tiny_source_model(), nullptr, native_request, {});
    EXPECT_GT(cosine(carried.vector.layers[0].offset, native.vector.layers[0].offset), 0.99);
    EXPECT_NEAR(carried.vector.layers[0].sigma / native.vector.layers[0].sigma, 1, 1e-3);
    EXPECT_NEAR(*carried.vector.provenance->kl_nats / *native.vector.provenance->kl_nats, 1, 0.1);
}

}  // namespace
}  // namespace contrans
