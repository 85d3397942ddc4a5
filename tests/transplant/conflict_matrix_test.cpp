#include "contrans/transplant/conflict_matrix.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/transplant/planted_vectors.h"

namespace contrans {
namespace {

using testing::diagonal_metric;
using testing::planted;
using testing::throws_error;

TEST(WhitenedMetric, counts_lengths_in_the_layers_own_deviations) {
    const WhitenedMetric metric = diagonal_metric({4, 9});
    EXPECT_DOUBLE_EQ(metric.sigma(), std::sqrt(13.0));
    Matrix v(2, 2);
    v(0, 0) = 2;
    v(1, 0) = 2;
    v(1, 1) = 3;
    const MatrixF64 gram = metric.gram(v);
    EXPECT_NEAR(gram(0, 0), 1, 1e-12);
    EXPECT_NEAR(gram(0, 1), 1, 1e-12);
    EXPECT_NEAR(gram(1, 1), 2, 1e-12);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"2", "3"}, [&] { (void)metric.gram(Matrix(1, 3)); }));
}

TEST(ConflictMatrix, two_vectors_at_a_known_angle) {
    // (1, 0) and (1, 1): 45° raw. With variances 1 and 4 the second is whitened to (1, ½).
    const std::vector<ControlVector> vectors = {planted("a", {{3, {1, 0}}}), planted("b", {{3, {1, 1}}})};
    const ConflictMatrix got = conflict_matrix(vectors, {{LayerIndex{3}, diagonal_metric({1, 4})}});
    EXPECT_NEAR(*got.raw[0][1], std::sqrt(0.5), 1e-7);
    EXPECT_NEAR(*got.whitened[0][1], 1 / std::sqrt(1.25), 1e-7);
    EXPECT_EQ(got.raw[0][1], got.raw[1][0]);
    EXPECT_EQ(*got.raw[0][0], 1);
    EXPECT_EQ(*got.whitened[1][1], 1);
}

TEST(ConflictMatrix, its_length_does_not_count_and_the_sign_does) {
    const std::vector<ControlVector> vectors = {planted("a", {{3, {2, 0}}}), planted("b", {{3, {-7, 0}}})};
    const ConflictMatrix got = conflict_matrix(vectors, {{LayerIndex{3}, diagonal_metric({1, 4})}});
    EXPECT_NEAR(*got.raw[0][1], -1, 1e-12);
    EXPECT_NEAR(*got.whitened[0][1], -1, 1e-12);
}

TEST(ConflictMatrix, is_null_where_no_layer_is_shared) {
    const std::vector<ControlVector> vectors = {planted("a", {{3, {1, 0}}}), planted("b", {{4, {1, 0}}}),
                                                planted("c", {{4, {0, 1}}})};
    const ConflictMatrix got = conflict_matrix(vectors, {{LayerIndex{4}, diagonal_metric({1, 1})}});
    EXPECT_FALSE(got.raw[0][1]);
    EXPECT_FALSE(got.whitened[2][0]);
    EXPECT_EQ(*got.raw[0][0], 1);
    EXPECT_NEAR(*got.raw[1][2], 0, 1e-12);
}

TEST(ConflictMatrix, several_layers_add_up_each_in_its_own_units) {
    // Layer 3: equal, in units of σ² = 2; layer 4: orthogonal, in units of σ² = 50.
    const std::vector<ControlVector> vectors = {planted("a", {{3, {1, 0}}, {4, {5, 0}}, {9, {1, 1}}}),
                                                planted("b", {{3, {1, 0}}, {4, {0, 5}}})};
    const LayerMetrics metrics = {{LayerIndex{3}, diagonal_metric({1, 1})}, {LayerIndex{4}, diagonal_metric({25, 25})}};
    const ConflictMatrix got = conflict_matrix(vectors, metrics);
    EXPECT_NEAR(*got.raw[0][1], 0.5, 1e-12);
    EXPECT_NEAR(*got.whitened[0][1], 0.5, 1e-12);
}

TEST(ConflictMatrix, needs_lengths_widths_and_metrics) {
    const LayerMetrics metrics = {{LayerIndex{3}, diagonal_metric({1, 4})}};
    const std::vector<ControlVector> empty = {planted("a", {{3, {1, 0}}}), planted("zero", {{3, {0, 0}}})};
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"zero", "layer 3"}, [&] { (void)conflict_matrix(empty, metrics); }));
    const std::vector<ControlVector> wide = {planted("a", {{3, {1, 0}}}), planted("wide", {{3, {1, 0, 0}}})};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"wide", "3", "2"}, [&] { (void)conflict_matrix(wide, metrics); }));
    const std::vector<ControlVector> two = {planted("a", {{5, {1, 0}}}), planted("b", {{5, {1, 1}}})};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 5"}, [&] { (void)conflict_matrix(two, metrics); }));
}

TEST(RawCosines, weigh_layers_by_the_spread_that_the_files_know) {
    // Layer 3 equal, layer 4 opposite; layer 4 counts a hundredth where σ = 10 is known there and σ = 1 at layer 3.
    std::vector<ControlVector> vectors = {planted("a", {{3, {1, 0}}, {4, {0, 1}}}),
                                          planted("b", {{3, {1, 0}}, {4, {0, -1}}})};
    for (ControlVector& vector : vectors) {
        for (ControlLayer& layer : vector.layers) layer.sigma = 0;
    }
    EXPECT_NEAR(*raw_cosines(vectors)[0][1], 0, 1e-12) << "none known: all alike";
    vectors[1].layers[1].sigma = 10;
    EXPECT_NEAR(*raw_cosines(vectors)[0][1], -1, 1e-12) << "one known: the other left out";
    vectors[0].layers[0].sigma = 1;
    EXPECT_NEAR(*raw_cosines(vectors)[0][1], (1 - 0.01) / (1 + 0.01), 1e-12);
}

TEST(RawCosines, are_null_for_no_shared_layer_and_no_length) {
    const std::vector<ControlVector> vectors = {planted("a", {{3, {1, 0}}}), planted("b", {{4, {1, 0}}}),
                                                planted("c", {{3, {0, 0}}})};
    const CosineTable got = raw_cosines(vectors);
    EXPECT_FALSE(got[0][1]);
    EXPECT_FALSE(got[0][2]);
    EXPECT_EQ(*got[1][1], 1);
}

}  // namespace
}  // namespace contrans
