#include "contrans/mapping/compose_maps.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/mapping/planted_maps.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::planted_maps;
using testing::planted_model;
using testing::throws_error;

const ModelIdentity kA = planted_model('a', 4);
const ModelIdentity kB = planted_model('b', 6);
const ModelIdentity kC = planted_model('c', 5);
const ModelIdentity kD = planted_model('d', 3);

MapSet first_leg() {
    return planted_maps(kA, kB, {{2, 7, FitKind::paper}, {2, 7, FitKind::token_plain}, {3, 8, FitKind::paper}}, 1);
}
MapSet second_leg() { return planted_maps(kB, kC, {{7, 20, FitKind::paper}, {9, 21, FitKind::paper}}, 2); }

TEST(ComposeMaps, is_one_map_after_the_other_for_states_and_directions) {
    RandomEngine random(3);
    const AffineMap first = testing::random_map(6, 4, random);
    const AffineMap second = testing::random_map(5, 6, random);
    const AffineMap both = compose(first, second);
    EXPECT_EQ(both.d_source(), 4U);
    EXPECT_EQ(both.d_target(), 5U);
    const std::vector<float> x = {1, -2, 0.5F, 3};
    const auto close = [](const std::vector<float>& got, const std::vector<float>& want) {
        return all_close(std::span<const float>(got), std::span<const float>(want), 1e-4, 1e-5);
    };
    EXPECT_TRUE(close(both.map_state(x), second.map_state(first.map_state(x))));
    EXPECT_TRUE(close(both.map_direction(x), second.map_direction(first.map_direction(x))));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"wide", "4", "5"}, [&] { (void)compose(second, first); }));
}

TEST(ComposeMaps, joins_where_layer_and_kind_meet) {
    const std::vector<MapSet> legs = {first_leg(), second_leg()};
    const MapSet got = compose(legs, IdentityMismatch::refuse);
    EXPECT_EQ(got.source, kA);
    EXPECT_EQ(got.target, kC);
    ASSERT_EQ(got.entries.size(), 1U);
    const MapEntry& entry = got.entries[0];
    EXPECT_EQ(entry.source_layer, LayerIndex{2});
    EXPECT_EQ(entry.target_layer, LayerIndex{20});
    EXPECT_EQ(entry.kind, FitKind::paper);
    EXPECT_EQ(entry.via, std::vector{LayerIndex{7}});
    EXPECT_EQ(entry.map.a(), compose(legs[0].entries[0].map, legs[1].entries[0].map).a());
    EXPECT_EQ(entry.shuffled.a(), compose(legs[0].entries[0].shuffled, legs[1].entries[0].map).a())
        << "the first leg torn, the second true";
}

TEST(ComposeMaps, claims_no_more_than_is_known) {
    const MapSet got = compose(std::vector<MapSet>{first_leg(), second_leg()}, IdentityMismatch::refuse);
    EXPECT_NE(got.derivation.find("by way of b (llama"), std::string::npos) << got.derivation;
    EXPECT_EQ(got.entries[0].evidence.rows, 1001U);
    EXPECT_EQ(got.entries[0].evidence.held_out_r2, 0);
    EXPECT_EQ(got.entries[0].evidence.penalty, 0);
    EXPECT_EQ(got.token_match, 0);
    EXPECT_EQ(got.n_texts, 101U);
    EXPECT_TRUE(got.similarity.empty());
    EXPECT_EQ(got.corpus_shingles, (std::vector<std::uint64_t>{1, 11, 12}));
    ASSERT_EQ(got.target_scale.size(), 2U);
    EXPECT_EQ(got.target_scale[0].sigma, 22);
}

TEST(ComposeMaps, goes_on_over_several_models) {
    const std::vector<MapSet> legs = {first_leg(), second_leg(), planted_maps(kC, kD, {{20, 5, FitKind::paper}}, 3)};
    const MapSet got = compose(legs, IdentityMismatch::refuse);
    ASSERT_EQ(got.entries.size(), 1U);
    EXPECT_EQ(got.entries[0].via, (std::vector{LayerIndex{7}, LayerIndex{20}}));
    EXPECT_EQ(got.entries[0].map.d_target(), 3U);
    EXPECT_NE(got.derivation.find("b (llama, bbbbbbbb), c (llama"), std::string::npos) << got.derivation;
    EXPECT_EQ(got.corpus_shingles, (std::vector<std::uint64_t>{1, 11, 12, 13}));
}

TEST(ComposeMaps, refuses_what_does_not_meet) {
    const auto refused = [](ErrorKind kind, const std::vector<std::string>& parts, const std::vector<MapSet>& legs) {
        return throws_error(kind, parts, [&] { (void)compose(legs, IdentityMismatch::refuse); });
    };
    EXPECT_TRUE(refused(ErrorKind::argument, {"two map sets", "0"}, {}));
    EXPECT_TRUE(refused(ErrorKind::argument, {"two map sets", "1"}, {first_leg()}));
    EXPECT_TRUE(refused(ErrorKind::model, {"aaaaaaaa", "bbbbbbbb"}, {first_leg(), first_leg()}));
    const MapSet elsewhere = planted_maps(kB, kC, {{9, 21, FitKind::paper}, {7, 21, FitKind::last_ridge}}, 2);
    EXPECT_TRUE(refused(ErrorKind::argument, {"7 paper, 7 token-plain, 8 paper", "7 last-ridge, 9 paper"},
                        {first_leg(), elsewhere}));
    EXPECT_TRUE(refused(ErrorKind::argument, {"holds no map"}, {first_leg(), planted_maps(kB, kC, {}, 2)}));
}

}  // namespace
}  // namespace contrans
