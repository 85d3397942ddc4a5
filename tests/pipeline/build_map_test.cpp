#include "contrans/pipeline/build_map.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/shingles.h"
#include "contrans/harvest/harvester.h"
#include "contrans/pipeline/target_spread.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::corpus;
using testing::maps;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

MapSet map_of(const std::vector<std::string>& texts, const std::vector<LayerIndex>& source_layers,
              const std::vector<LayerIndex>& target_layers) {
    MapRequest request = testing::map_request();
    request.source_layers = source_layers;
    request.target_layers = target_layers;
    return build_map(tiny_source_model(), tiny_target_model(), texts, request, {});
}

std::map<LayerPair, std::set<FitKind>> kinds_of(const MapSet& set) {
    std::map<LayerPair, std::set<FitKind>> kinds;
    for (const MapEntry& entry : set.entries) {
        kinds[{entry.source_layer, entry.target_layer}].insert(entry.kind);
        EXPECT_EQ(entry.map.d_source(), 64U);
        EXPECT_EQ(entry.map.d_target(), 96U);
        EXPECT_EQ(entry.shuffled.d_target(), 96U);
    }
    return kinds;
}

// Of 4 and 5 layers, three quarters are 3 and 4: of the pairs looked at, 2 and 3 come nearest.
TEST(BuildMap, FitsLastTokensForThePairNearestToThePapersAlone) {
    const auto kinds = kinds_of(maps());
    EXPECT_EQ(kinds.size(), 4U);
    for (const auto& [pair, fitted] : kinds) {
        const bool nearest = pair == LayerPair{LayerIndex{2}, LayerIndex{3}};
        EXPECT_TRUE(fitted.contains(FitKind::token_plain));
        EXPECT_EQ(fitted.contains(FitKind::paper), nearest);
        EXPECT_EQ(fitted.contains(FitKind::last_ridge), nearest);
        EXPECT_FALSE(fitted.contains(FitKind::token_procrustes));
    }
}

TEST(BuildMap, FitsEveryKindForEveryPairOnRequest) {
    MapRequest request = testing::map_request();
    request.fits = FitScope::all;
    const std::set<FitKind> all = {FitKind::paper,
                                   FitKind::last_ridge,
                                   FitKind::token_plain,
                                   FitKind::token_ridge,
                                   FitKind::token_ridge_raw,
                                   FitKind::token_ridge_whitened,
                                   FitKind::token_reduced_rank,
                                   FitKind::token_reduced_rank_whitened,
                                   FitKind::token_procrustes};
    const MapSet set = build_map(tiny_source_model(), tiny_target_model(), corpus(), request, {});
    for (const auto& [pair, fitted] : kinds_of(set)) EXPECT_EQ(fitted, all);
}

TEST(BuildMap, KnowsBothModelsAndItsTexts) {
    EXPECT_EQ(maps().source, tiny_source_model()->identity());
    EXPECT_EQ(maps().target, tiny_target_model()->identity());
    EXPECT_EQ(maps().n_texts, 36U);
    EXPECT_GT(maps().token_match, 0.5);
    EXPECT_LT(maps().token_match, 1.0);
    for (const std::string& text : corpus()) EXPECT_EQ(share_contained(shingles(text), maps().corpus_shingles), 1);
    EXPECT_EQ(share_contained(shingles(testing::neutral(1)[0]), maps().corpus_shingles), 0);
}

TEST(BuildMap, ComparesEveryPairLookedAt) {
    EXPECT_EQ(maps().similarity.size(), 4U);
    for (const LayerPairSimilarity& pair : maps().similarity) {
        EXPECT_GT(pair.cka, 0);
        EXPECT_LT(pair.cka, 1);
    }
}

TEST(BuildMap, FitsEverySourceLayerToEveryTargetLayer) {
    std::set<std::pair<LayerIndex, LayerIndex>> fitted;
    for (const MapEntry& entry : maps().entries) fitted.insert({entry.source_layer, entry.target_layer});
    for (const LayerIndex source : {LayerIndex{1}, LayerIndex{2}}) {
        for (const LayerIndex target : {LayerIndex{2}, LayerIndex{3}}) EXPECT_TRUE(fitted.contains({source, target}));
    }
}

TEST(BuildMap, KnowsTheSpreadOfEveryTargetLayerItMapsTo) {
    for (const MapEntry& entry : maps().entries) {
        const auto scale = std::ranges::find(maps().target_scale, entry.target_layer, &LayerScale::layer);
        ASSERT_NE(scale, maps().target_scale.end());
        const auto spread = measure_spread(tiny_target_model(), testing::neutral(1), {entry.target_layer}, 1, {});
        EXPECT_NEAR(scale->sigma / spread[0].sigma, 1, 1e-3);
    }
}

TEST(BuildMap, PairedTokensAreManyMoreRowsThanLastTokens) {
    for (const MapEntry& entry : maps().entries) {
        const bool last = entry.kind == FitKind::paper || entry.kind == FitKind::last_ridge;
        if (last) {
            EXPECT_EQ(entry.evidence.rows, 36U);
        } else {
            EXPECT_GT(entry.evidence.rows, 500U);
        }
    }
}

TEST(BuildMap, CarriesStatesOfTextsItNeverSawBetterThanTheTornMap) {
    // Last tokens of new texts: the same word ends both, so the pairs belong together.
    const auto texts = corpus(56);
    const std::vector<Text> fresh(texts.begin() + 36, texts.end());
    for (const MapEntry& entry : maps().entries) {
        if (entry.kind != FitKind::token_plain) continue;
        const auto x = harvest_texts(tiny_source_model(), fresh, TextPosition::last, {{entry.source_layer}, 1}, {});
        const auto y = harvest_texts(tiny_target_model(), fresh, TextPosition::last, {{entry.target_layer}, 1}, {});
        double carried = 0;
        double torn = 0;
        const auto squared_error = [&](const AffineMap& map, std::size_t row) {
            const auto mapped = map.map_state(std::as_const(x.states[0]).row(row));
            double sum = 0;
            for (std::size_t c = 0; c < mapped.size(); ++c) {
                const double d = static_cast<double>(mapped[c] - y.states[0](row, c));
                sum += d * d;
            }
            return sum;
        };
        for (std::size_t row = 0; row < fresh.size(); ++row) {
            carried += squared_error(entry.map, row);
            torn += squared_error(entry.shuffled, row);
        }
        EXPECT_LT(carried, 0.7 * torn);
        EXPECT_GT(entry.evidence.directional, 0.3);
    }
}

TEST(BuildMap, WithoutLayersLooksBeyondTheMiddle) {
    const MapSet middle = map_of(corpus(), {}, {});
    for (const LayerPairSimilarity& pair : middle.similarity) {
        EXPECT_EQ(pair.source_layer, LayerIndex{2});
        EXPECT_EQ(pair.target_layer, LayerIndex{3});
    }
}

TEST(BuildMap, TheSameSeedGivesTheSameMaps) {
    const MapSet again = map_of(corpus(), {LayerIndex{1}, LayerIndex{2}}, {LayerIndex{2}, LayerIndex{3}});
    ASSERT_EQ(again.entries.size(), maps().entries.size());
    for (std::size_t i = 0; i < again.entries.size(); ++i) {
        EXPECT_EQ(again.entries[i].map.a(), maps().entries[i].map.a());
        EXPECT_EQ(again.entries[i].shuffled.a(), maps().entries[i].shuffled.a());
        EXPECT_EQ(again.entries[i].evidence.held_out_r2, maps().entries[i].evidence.held_out_r2);
    }
}

TEST(BuildMap, RefusesTooFewTextsAndMissingLayers) {
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"at least 20", "got 10 of 10"}, [] { (void)map_of(corpus(10), {}, {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 4", "Tiny source", "0 to 3"},
                             [] { (void)map_of(corpus(), {LayerIndex{4}}, {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 5", "Tiny target"},
                             [] { (void)map_of(corpus(), {}, {LayerIndex{5}}); }));
}

}  // namespace
}  // namespace contrans
