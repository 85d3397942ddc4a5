#include "contrans/mapping/invert_maps.h"

#include <vector>

#include "contrans/linalg/products.h"
#include "contrans/linalg/symmetric_eigen.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/mapping/planted_maps.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;
using testing::planted_maps;
using testing::planted_model;
using testing::throws_error;

constexpr std::size_t kWidth = 6;

Matrix random_orthogonal(RandomEngine& random) {
    MatrixF64 symmetric = testing::random_matrix_f64(kWidth, kWidth, random);
    for (std::size_t i = 0; i < kWidth; ++i) {
        for (std::size_t j = 0; j < i; ++j) symmetric(j, i) = symmetric(i, j);
    }
    return to_f32(symmetric_eigen(symmetric).vectors);
}

TEST(InvertMaps, of_an_orthogonal_map_is_its_transpose) {
    RandomEngine random(1);
    const Matrix q = random_orthogonal(random);
    const std::vector<float> b = {1, 2, 3, 4, 5, 6};
    const InverseMap got = invert(AffineMap(q, b), {});
    EXPECT_EQ(got.rank, kWidth);
    for (std::size_t i = 0; i < kWidth; ++i) {
        for (std::size_t j = 0; j < kWidth; ++j) EXPECT_NEAR(got.map.a()(i, j), q(j, i), 1e-6);
    }
    const std::vector<float> x = {1, -1, 0, 2, 0.5F, 3};
    EXPECT_TRUE(all_close(std::span<const float>(got.map.map_state(AffineMap(q, b).map_state(x))),
                          std::span<const float>(x), 1e-5, 0));
}

TEST(InvertMaps, undoes_a_map_into_more_dimensions) {
    RandomEngine random(2);
    const AffineMap map = testing::random_map(9, 4, random);
    const InverseMap got = invert(map, {});
    EXPECT_EQ(got.rank, 4U);
    EXPECT_EQ(got.map.d_source(), 9U);
    const std::vector<float> x = {1, -1, 0, 2};
    EXPECT_TRUE(
        all_close(std::span<const float>(got.map.map_state(map.map_state(x))), std::span<const float>(x), 1e-4, 0));
}

Matrix diagonal(const std::vector<float>& values) {
    Matrix a(values.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) a(i, i) = values[i];
    return a;
}

TEST(InvertMaps, keeps_the_rank_asked_for_or_what_stands_over_the_floor) {
    const AffineMap map(diagonal({100, 10, 0.5F}), std::vector<float>(3));
    const auto diagonal_of = [&](const InverseOptions& options) {
        const Matrix a = invert(map, options).map.a();
        return std::vector<float>{a(0, 0), a(1, 1), a(2, 2)};
    };
    EXPECT_EQ(invert(map, {}).rank, 2U) << "0.5 is under a hundredth of the largest";
    const auto close = [](const std::vector<float>& got, const std::vector<float>& want) {
        return all_close(std::span<const float>(got), std::span<const float>(want), 1e-7, 1e-6);
    };
    EXPECT_TRUE(close(diagonal_of({}), {0.01F, 0.1F, 0}));
    EXPECT_TRUE(close(diagonal_of({.rank = 1}), {0.01F, 0, 0}));
    EXPECT_TRUE(close(diagonal_of({.rank = 3}), {0.01F, 0.1F, 2}));
    EXPECT_TRUE(close(diagonal_of({.rank = std::nullopt, .floor = 0.001}), {0.01F, 0.1F, 2}));
}

TEST(InvertMaps, refuses_ranks_that_are_not_there) {
    const AffineMap map(diagonal({1, 1, 0}), std::vector<float>(3));
    const auto refused = [&](ErrorKind kind, const std::vector<std::string>& parts, const InverseOptions& options) {
        return throws_error(kind, parts, [&] { (void)invert(map, options); });
    };
    EXPECT_TRUE(refused(ErrorKind::argument, {"1 to 3", "0"}, {.rank = 0}));
    EXPECT_TRUE(refused(ErrorKind::argument, {"1 to 3", "4"}, {.rank = 4}));
    EXPECT_TRUE(refused(ErrorKind::numeric, {"2 singular values", "rank 3"}, {.rank = 3}));
    for (const double floor : {0.0, -1.0, 1.5})
        EXPECT_TRUE(refused(ErrorKind::argument, {"floor"}, {.rank = std::nullopt, .floor = floor}));
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"0 singular values"},
                             [] { (void)invert(AffineMap(Matrix(2, 2), std::vector<float>(2)), {}); }));
}

TEST(InvertMaps, turns_a_set_round_and_claims_no_scores) {
    const MapSet maps = planted_maps(planted_model('a', 4), planted_model('b', 6),
                                     {{2, 7, FitKind::paper}, {3, 7, FitKind::token_plain}}, 1);
    EXPECT_EQ(source_layers(maps), (std::vector{LayerIndex{2}, LayerIndex{3}}));
    const std::vector<LayerScale> scales = {{LayerIndex{2}, 5}, {LayerIndex{3}, 6}};
    const MapSet got = invert(maps, scales, {.rank = 3});
    EXPECT_EQ(got.source, maps.target);
    EXPECT_EQ(got.target, maps.source);
    ASSERT_EQ(got.entries.size(), 2U);
    EXPECT_EQ(got.entries[1].source_layer, LayerIndex{7});
    EXPECT_EQ(got.entries[1].target_layer, LayerIndex{3});
    EXPECT_EQ(got.entries[1].evidence.rank, 3U);
    EXPECT_EQ(got.entries[1].evidence.rows, 1001U);
    EXPECT_EQ(got.entries[1].evidence.held_out_r2, 0);
    EXPECT_EQ(got.entries[1].shuffled.a(), invert(maps.entries[1].shuffled, {.rank = 3}).map.a());
    EXPECT_EQ(got.target_scale[1].sigma, 6);
    EXPECT_EQ(got.corpus_shingles, maps.corpus_shingles);
    EXPECT_TRUE(got.similarity.empty());
    EXPECT_TRUE(got.derivation.starts_with("pseudo-inverse of maps from a (llama")) << got.derivation;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 3"}, [&] { (void)invert(maps, {scales[0]}, {.rank = 3}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"no map"}, [&] { (void)invert(MapSet{}, {}, {}); }));
}

}  // namespace
}  // namespace contrans
