#include "contrans/pipeline/control_candidates.h"

#include "gtest/gtest.h"

namespace contrans {
namespace {

using Kind = ControlDirection::Kind;

/// Two candidates, the second of two layers written in falling order, and two draws of labels.
ControlSet controls() {
    return {{},
            {{Kind::shuffled_map, LayerIndex{3}, {1, 0}, 2, 0},
             {Kind::shuffled_map, LayerIndex{9}, {0, 1}, 4, 1},
             {Kind::shuffled_map, LayerIndex{5}, {1, 1}, 0, 1},
             {Kind::shuffled_labels, LayerIndex{5}, {2, 0}, 1, 0},
             {Kind::shuffled_labels, LayerIndex{9}, {0, 2}, 1, 0},
             {Kind::shuffled_labels, LayerIndex{5}, {3, 0}, 1, 1},
             {Kind::shuffled_labels, LayerIndex{9}, {0, 3}, 1, 1}}};
}

ControlVector steering(const LayerSet& layers) {
    ControlVector vector;
    for (const LayerIndex layer : layers) vector.layers.push_back({layer, {1, 0}});
    return vector;
}

TEST(ControlCandidates, AGroupIsOneCandidateOfTheTornMap) {
    const auto candidates = shuffled_map_candidates(controls(), [](LayerIndex) { return 7.0; });
    ASSERT_EQ(candidates.size(), 2U);
    EXPECT_EQ(candidates[0].label, "layer 3");
    EXPECT_EQ(candidates[1].label, "layer 5+9");
    EXPECT_EQ(candidates[1].layers[0].sigma, 7) << "the control knew none";
    EXPECT_EQ(candidates[1].layers[1].direction, (std::vector<float>{0, 1}));
    EXPECT_EQ(layer_sets(candidates), (std::vector<LayerSet>{{LayerIndex{3}}, {LayerIndex{5}, LayerIndex{9}}}));
}

TEST(ControlCandidates, KnowTheirRefinementAndFit) {
    ControlSet set = controls();
    const Refinement mean{RefineMethod::mean, TextPosition::last};
    const Refinement probe{RefineMethod::probe, TextPosition::mean};
    for (ControlDirection& control : set.directions) control.how = mean;
    set.directions.push_back({Kind::shuffled_map, LayerIndex{5}, {1, 1}, 1, 4, probe, "paper"});
    set.directions.push_back({Kind::shuffled_map, LayerIndex{9}, {1, 1}, 1, 4, probe, "paper"});
    set.directions.push_back({Kind::shuffled_labels, LayerIndex{5}, {2, 0}, 1, 2, Refinement{RefineMethod::probe}});
    EXPECT_EQ(refinements_of(set), (std::vector<Refinement>{mean, probe}));
    const auto candidates = shuffled_map_candidates(set, [](LayerIndex) { return 7.0; });
    ASSERT_EQ(candidates.size(), 3U);
    EXPECT_EQ(candidates[1].refinement, 0U);
    EXPECT_EQ(candidates[1].label, "layer 5+9");
    EXPECT_EQ(candidates[2].refinement, 1U);
    EXPECT_EQ(candidates[2].label, "layer 5+9, probe/mean");
    EXPECT_EQ(candidates[2].fit, "paper");
    EXPECT_TRUE(refinements_of(controls()).empty()) << "of an older file";
}

TEST(ControlCandidates, AGroupIsOneDrawOfShuffledLabels) {
    const DrawnDirections draws = shuffled_label_draws(controls(), steering({LayerIndex{5}, LayerIndex{9}}));
    ASSERT_EQ(draws.draws.size(), 2U);
    EXPECT_EQ(draws.draws[1], (std::vector<std::vector<float>>{{3, 0}, {0, 3}}));
    EXPECT_TRUE(shuffled_label_draws(controls(), steering({LayerIndex{5}})).draws.empty()) << "of other layers";
}

}  // namespace
}  // namespace contrans
