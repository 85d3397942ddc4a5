#include "contrans/pipeline/explain.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "contrans/linalg/products.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::hand_made;
using testing::throws_error;
using testing::tiny_target_model;

ExplainRequest request() {
    ExplainRequest request;
    request.neutral = testing::neutral(2);
    request.texts = {testing::neutral(1).front()};
    request.words = 3;
    request.threads = 1;
    return request;
}

Explanation explained(const ControlVector& vector) { return explain(tiny_target_model(), vector, request(), {}); }

TEST(Explain, ALayerMovesByWhatIsAddedAndThoseBelowDoNot) {
    const ControlVector vector = hand_made().vector;
    const ControlLayer& steered = vector.layers.at(0);
    const Explanation found = explained(vector);
    ASSERT_EQ(found.layers.size(), tiny_target_model()->n_layers() - 1);
    EXPECT_EQ(found.shown_layer, steered.layer);
    for (const LayerChange& layer : found.layers) {
        EXPECT_GT(layer.sigma, 0.0);
        if (layer.layer < steered.layer) {
            EXPECT_NEAR(layer.change, 0.0, 0.02) << "batches may differ by rounding";
            continue;
        }
        EXPECT_GT(layer.change, 0.1) << layer.layer.value;
        if (layer.layer != steered.layer) continue;
        const double added = norm(std::span<const float>(steered.offset)) / layer.sigma;
        EXPECT_NEAR(layer.change, added, 0.02 * added);
        EXPECT_NEAR(layer.along, added, 0.02 * added);
    }
}

TEST(Explain, TheTurnedVectorGoesTheOtherWay) {
    ControlVector vector = hand_made().vector;
    const Explanation there = explained(vector);
    for (float& value : vector.layers[0].offset) value = -value;
    const Explanation back = explained(vector);
    // v̂ turns with the vector: along stays, the words trade places, and so do the signs of a text's tokens.
    EXPECT_NEAR(there.layers[2].along, back.layers[2].along, 0.05);
    ASSERT_EQ(there.texts.at(0).size(), back.texts.at(0).size());
    EXPECT_NEAR(there.texts[0][1].unsteered, -back.texts[0][1].unsteered, 0.02);
    EXPECT_NE(there.promoted.at(0).word, back.promoted.at(0).word);
    EXPECT_GT(there.promoted[0].change, 0.0);
    EXPECT_LT(there.suppressed.at(0).change, 0.0);
}

TEST(Explain, ATokenMovesByTheDose) {
    const ControlVector vector = hand_made().vector;
    const Explanation found = explained(vector);
    const LayerChange& at = found.layers.at(vector.layers[0].layer.value);
    ASSERT_EQ(found.texts.size(), 1U);
    std::string spelt;
    for (const TokenProjection& token : found.texts[0]) {
        EXPECT_NEAR(token.steered - token.unsteered, at.along, 0.03) << token.token;
        spelt += token.token;
    }
    EXPECT_NE(spelt.find(testing::neutral(1).front()), std::string::npos) << spelt;
}

TEST(Explain, SharesOfASingleLayerAreTheWhole) {
    EXPECT_NEAR(explained(hand_made().vector).shares.at(0).share, 1.0, 0.02);
    ControlVector two = hand_made().vector;
    two.layers.push_back(two.layers[0]);
    two.layers[1].layer = LayerIndex{3};
    const Explanation found = explained(two);
    ASSERT_EQ(found.shares.size(), 2U);
    EXPECT_NEAR(found.shares[0].share + found.shares[1].share, 1.0, 0.5) << "layers nearly add up";
    EXPECT_LT(found.shares[0].share, 1.0);
}

TEST(Explain, WhatCannotBeLookedAtIsRefused) {
    ControlVector none = hand_made().vector;
    none.layers.clear();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"no layer"}, [&] { (void)explained(none); }));
    ControlVector last = hand_made().vector;
    last.layers[0].layer = LayerIndex{tiny_target_model()->n_layers() - 1};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"last block"}, [&] { (void)explained(last); }));
}

}  // namespace
}  // namespace contrans
