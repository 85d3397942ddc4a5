#include "contrans/pipeline/refine.h"

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/json_text.h"
#include "contrans/core/shingles.h"
#include "contrans/harvest/activation_reader.h"
#include "contrans/harvest/harvester.h"
#include "contrans/pipeline/harvest_to_store.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/matching.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::throws_error;
using testing::tiny_source_model;
using testing::warm_and_cold;

std::vector<double> class_difference(LayerIndex layer, TextPosition position) {
    const auto mean = [&](const std::vector<Text>& texts) {
        const TextStates states = harvest_texts(tiny_source_model(), texts, position, {{layer}, 1}, {});
        std::vector<double> sum(states.states[0].cols(), 0.0);
        for (std::size_t r = 0; r < states.states[0].rows(); ++r) {
            for (std::size_t c = 0; c < sum.size(); ++c) {
                sum[c] += static_cast<double>(states.states[0](r, c)) / static_cast<double>(texts.size());
            }
        }
        return sum;
    };
    std::vector<double> difference = mean(warm_and_cold().positive);
    const std::vector<double> negative = mean(warm_and_cold().negative);
    for (std::size_t c = 0; c < difference.size(); ++c) difference[c] -= negative[c];
    return difference;
}

TEST(RefineConcept, IsTheDifferenceOfTheClassMeans) {
    for (const TextPosition position : {TextPosition::last, TextPosition::mean}) {
        RefineRequest request = testing::refine_request(1);
        request.how.position = position;
        const ConceptVector vector = refine_concept(tiny_source_model(), warm_and_cold(), request, {});
        for (const ConceptLayer& layer : vector.layers) {
            EXPECT_TRUE(all_close(std::span<const float>(layer.direction),
                                  std::span<const double>(class_difference(layer.layer, position)), 2e-3, 0))
                << layer.layer.value;
        }
    }
}

TEST(RefineConcept, SaysWhereItComesFrom) {
    const ConceptVector& vector = testing::source_concept();
    EXPECT_EQ(vector.name, "warm");
    EXPECT_EQ(vector.source, tiny_source_model()->identity());
    EXPECT_EQ(vector.n_positive, 16U);
    EXPECT_EQ(vector.n_negative, 16U);
    ASSERT_EQ(vector.layers.size(), 3U) << "all but the last block";
    for (const ConceptLayer& layer : vector.layers) {
        EXPECT_EQ(layer.shuffled.rows(), 4U);
        EXPECT_EQ(layer.shuffled.cols(), 64U);
        EXPECT_GT(layer.quality.norm, 0);
    }
    for (const Text& text : warm_and_cold().negative) {
        EXPECT_EQ(share_contained(shingles(plain_text(text)), vector.text_shingles), 1);
    }
}

TEST(RefineConcept, SuggestsTheLayerOfBestQuality) {
    const ConceptVector& vector = testing::source_concept();
    const auto worth = [](const ConceptLayer& layer) {
        return layer.quality.held_out_auc * layer.quality.split_half_cosine;
    };
    EXPECT_GE(4 * vector.suggested_layer.value, vector.source.n_layers) << "of those beyond the first quarter";
    for (const ConceptLayer& layer : vector.layers) {
        if (4 * layer.layer.value < vector.source.n_layers) continue;
        EXPECT_LE(worth(layer), worth(vector.at(vector.suggested_layer))) << layer.layer.value;
    }
}

TEST(RefineConcept, SuggestsAShallowLayerWhereThereIsNoOther) {
    RefineRequest request = testing::refine_request(1);
    request.layers = {LayerIndex{0}};
    EXPECT_EQ(refine_concept(tiny_source_model(), warm_and_cold(), request, {}).suggested_layer, LayerIndex{0});
}

TEST(RefineConcept, AsksTheSourceForAResponseByEachRefinement) {
    RefineRequest request = testing::refine_request(1);
    request.alternatives = {{RefineMethod::probe, TextPosition::last}};
    request.response = ResponseWish::measure;
    const ConceptVector vector = refine_concept(tiny_source_model(), warm_and_cold(), request, {});
    ASSERT_FALSE(vector.alternatives.empty());
    ASSERT_EQ(vector.responses.size(), 1 + vector.alternatives.size());
    EXPECT_EQ(vector.response()->layer, vector.suggested_layer);
    EXPECT_EQ(vector.responses[1].words, vector.responses[0].words);
    EXPECT_NE(vector.responses[1].change, vector.responses[0].change);
}

TEST(RefineConcept, ReadsTheLayersAskedFor) {
    RefineRequest request = testing::refine_request(1);
    request.layers = {LayerIndex{1}, LayerIndex{3}};
    const ConceptVector vector = refine_concept(tiny_source_model(), warm_and_cold(), request, {});
    ASSERT_EQ(vector.layers.size(), 2U);
    EXPECT_EQ(vector.layers[1].layer, LayerIndex{3});
    request.layers = {LayerIndex{4}};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 4"},
                             [&] { (void)refine_concept(tiny_source_model(), warm_and_cold(), request, {}); }));
}

TEST(RefineConcept, TheSameSeedGivesTheSameVector) {
    const ConceptVector again = refine_concept(tiny_source_model(), warm_and_cold(), testing::refine_request(4), {});
    const ConceptVector& first = testing::source_concept();
    for (std::size_t l = 0; l < 3; ++l) {
        EXPECT_EQ(again.layers[l].direction, first.layers[l].direction);
        EXPECT_EQ(again.layers[l].shuffled, first.layers[l].shuffled);
        EXPECT_EQ(again.layers[l].quality.held_out_auc, first.layers[l].quality.held_out_auc);
    }
}

TEST(RefineConcept, AnAlternativeIsWhatItWouldBeByItself) {
    RefineRequest request = testing::refine_request(2);
    request.alternatives = {{RefineMethod::probe, TextPosition::last}, {RefineMethod::mean, TextPosition::mean}};
    const ConceptVector both = refine_concept(tiny_source_model(), warm_and_cold(), request, {});
    ASSERT_EQ(both.alternatives.size(), 2U);
    EXPECT_EQ(describe_refinements(both), "mean/last, also probe/last, also mean/mean");
    for (std::size_t i = 0; i < 2; ++i) {
        RefineRequest alone = testing::refine_request(2);
        alone.how = request.alternatives[i];
        const ConceptVector single = refine_concept(tiny_source_model(), warm_and_cold(), alone, {});
        EXPECT_EQ(both.refinement(i + 1), alone.how);
        for (const ConceptLayer& layer : single.layers) {
            EXPECT_EQ(both.at(layer.layer, i + 1).direction, layer.direction);
            EXPECT_EQ(both.at(layer.layer, i + 1).shuffled, layer.shuffled);
            EXPECT_NE(both.at(layer.layer).direction, layer.direction);
        }
    }
}

constexpr Refinement kMeanLast{RefineMethod::mean, TextPosition::last};
constexpr Refinement kMeanMean{RefineMethod::mean, TextPosition::mean};
constexpr Refinement kProbeMean{RefineMethod::probe, TextPosition::mean};
using Refinements = std::vector<Refinement>;

TEST(RefineConcept, TheUsualAlternativesAreTheOthersThatCanBeRead) {
    const auto usual = [](const ContrastPairs& pairs, const Refinement& how) {
        return usual_alternatives(*tiny_source_model(), pairs, how);
    };
    EXPECT_EQ(usual(warm_and_cold(), kMeanLast), (Refinements{kMeanMean, kProbeMean}));
    EXPECT_EQ(usual(warm_and_cold(), kMeanMean), (Refinements{kMeanLast, kProbeMean}));
    EXPECT_TRUE(usual(warm_and_cold(), {RefineMethod::pca, TextPosition::last}).empty());
    ContrastPairs words = warm_and_cold();
    words.negative.front() = "a";
    EXPECT_TRUE(usual(words, kMeanLast).empty()) << "one token has no mean";
    ContrastPairs many = warm_and_cold();
    while (many.positive.size() < 1000) many.positive.push_back(many.positive.front());
    EXPECT_EQ(usual(many, kMeanLast), Refinements{kMeanMean});
}

class RefineFromStore : public ::testing::Test {
protected:
    /// A store of the pairs' texts, with others between.
    ActivationReader store_of(StoredPosition position, std::vector<LayerIndex> layers = {}) {
        std::vector<std::string> texts = {"Another text.", "One more that is no part of any pair."};
        for (const auto* side : {&pairs_.negative, &pairs_.positive}) {
            for (const Text& text : *side) texts.push_back(std::get<std::string>(text));
        }
        const std::filesystem::path folder = folder_ / to_string(position);
        StoreRequest request;
        request.position = position;
        request.layers = std::move(layers);
        request.threads = 1;
        (void)harvest_to_store(tiny_source_model(), texts, folder, request, {});
        return ActivationReader(folder);
    }

    ContrastPairs pairs_ = warm_and_cold();
    testing::TemporaryFolder folder_;
};

TEST_F(RefineFromStore, GivesWhatTheModelGives) {
    const std::pair<TextPosition, StoredPosition> cases[] = {{TextPosition::last, StoredPosition::last},
                                                             {TextPosition::last, StoredPosition::all},
                                                             {TextPosition::mean, StoredPosition::mean},
                                                             {TextPosition::mean, StoredPosition::all}};
    for (const auto& [position, stored] : cases) {
        RefineRequest request = testing::refine_request(1);
        request.how.position = position;
        const ConceptVector direct = refine_concept(tiny_source_model(), pairs_, request, {});
        const ConceptVector from_store = refine_concept(store_of(stored), pairs_, request, {});
        EXPECT_EQ(from_store.source, direct.source);
        EXPECT_EQ(from_store.text_shingles, direct.text_shingles);
        ASSERT_EQ(from_store.layers.size(), direct.layers.size());
        for (std::size_t l = 0; l < direct.layers.size(); ++l) {
            EXPECT_EQ(from_store.layers[l].layer, direct.layers[l].layer);
            EXPECT_TRUE(all_close(std::span<const float>(from_store.layers[l].direction),
                                  std::span<const float>(direct.layers[l].direction), 2e-3, 0))
                << to_string(stored) << " layer " << l;
        }
    }
}

TEST_F(RefineFromStore, TheUsualAlternativesAreThoseThatTheStoreGives) {
    EXPECT_TRUE(usual_alternatives(store_of(StoredPosition::last), pairs_, kMeanLast).empty());
    EXPECT_EQ(usual_alternatives(store_of(StoredPosition::mean), pairs_, kMeanMean), Refinements{kProbeMean});
    EXPECT_EQ(usual_alternatives(store_of(StoredPosition::all), pairs_, kMeanLast),
              (Refinements{kMeanMean, kProbeMean}));
}

TEST_F(RefineFromStore, WhatTheStoreLacksIsNamed) {
    const ActivationReader last = store_of(StoredPosition::last, {LayerIndex{1}});
    RefineRequest request = testing::refine_request(1);
    const auto refused = [&](const ContrastPairs& pairs, const std::vector<std::string>& parts) {
        return throws_error(ErrorKind::argument, parts, [&] { (void)refine_concept(last, pairs, request, {}); });
    };
    ContrastPairs others = pairs_;
    others.positive.front() = "A text that nobody harvested.";
    EXPECT_TRUE(refused(others, {"does not hold", "nobody harvested"}));
    others.positive.front() = std::vector<ChatMessage>{{"user", "Hello"}};
    EXPECT_TRUE(refused(others, {"chat messages"}));
    request.layers = {LayerIndex{2}};
    EXPECT_TRUE(refused(pairs_, {"layer 2"}));
    request.layers = {};
    request.how.position = TextPosition::mean;
    EXPECT_TRUE(refused(pairs_, {"position last", "mean"}));
}

}  // namespace
}  // namespace contrans
