#include "contrans/transplant/orthogonalise.h"

#include <cmath>
#include <vector>

#include "contrans/linalg/symmetric_eigen.h"
#include "contrans/transplant/conflict_matrix.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"
#include "tests/transplant/planted_vectors.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::diagonal_metric;
using testing::flat;
using testing::planted;
using testing::throws_error;

constexpr std::size_t kVectors = 4;
constexpr std::size_t kWidth = 12;

/// A metric of correlated dimensions.
WhitenedMetric random_metric(RandomEngine& random) {
    return WhitenedMetric(shrunk_covariance(testing::random_matrix(60, kWidth, random)));
}

/// Σ_i ‖u_i − û_i‖² in the metric; û the vectors at unit length.
double distance(const MatrixF64& u, const Matrix& vectors, const WhitenedMetric& metric) {
    const MatrixF64 own = metric.gram(vectors);
    double sum = 0;
    for (std::size_t i = 0; i < u.rows(); ++i) {
        Matrix difference(1, u.cols());
        for (std::size_t c = 0; c < u.cols(); ++c)
            difference(0, c) = static_cast<float>(u(i, c) - static_cast<double>(vectors(i, c)) / std::sqrt(own(i, i)));
        sum += metric.gram(difference)(0, 0);
    }
    return sum;
}

MatrixF64 random_rotation(RandomEngine& random) {
    MatrixF64 symmetric = testing::random_matrix_f64(kVectors, kVectors, random);
    for (std::size_t i = 0; i < kVectors; ++i) {
        for (std::size_t j = 0; j < i; ++j) symmetric(j, i) = symmetric(i, j);
    }
    return symmetric_eigen(symmetric).vectors;
}

TEST(SymmetricOrthonormal, two_vectors_at_60_degrees_move_by_15_each) {
    Matrix v(2, 2);
    v(0, 0) = 3;
    v(1, 0) = 0.5F;
    v(1, 1) = std::sqrt(0.75F);
    const MatrixF64 u = symmetric_orthonormal(v, diagonal_metric({1, 1}));
    const double degree = std::acos(-1.0) / 180;
    const std::vector<double> want = {std::cos(-15 * degree), std::sin(-15 * degree), std::cos(75 * degree),
                                      std::sin(75 * degree)};
    EXPECT_TRUE(all_close(flat(u), std::span<const double>(want), 1e-7, 0));
}

TEST(SymmetricOrthonormal, is_orthonormal_and_the_closest_such_set) {
    for (unsigned seed = 1; seed <= 5; ++seed) {
        RandomEngine random(seed);
        const WhitenedMetric metric = random_metric(random);
        Matrix v = testing::random_matrix(kVectors, kWidth, random);
        for (std::size_t c = 0; c < kWidth; ++c) v(1, c) += 2 * v(0, c);
        const MatrixF64 u = symmetric_orthonormal(v, metric);
        const MatrixF64 gram = metric.gram(to_f32(u));
        for (std::size_t i = 0; i < kVectors; ++i) {
            for (std::size_t j = 0; j < kVectors; ++j) EXPECT_NEAR(gram(i, j), i == j ? 1 : 0, 1e-5);
        }
        // Every orthonormal basis of the same span is a rotation of u.
        const double least = distance(u, v, metric);
        for (int i = 0; i < 50; ++i)
            EXPECT_GT(distance(multiply(random_rotation(random), Op::plain, u, Op::plain), v, metric), least);
    }
}

TEST(SymmetricOrthonormal, leaves_what_is_orthogonal_and_sees_no_order) {
    const WhitenedMetric metric = diagonal_metric({4, 9, 1});
    Matrix v(2, 3);
    v(0, 0) = 2;
    v(1, 1) = 3;
    EXPECT_NEAR(distance(symmetric_orthonormal(v, metric), v, metric), 0, 1e-10);
    v(1, 0) = 1;
    Matrix swapped(2, 3);
    for (std::size_t c = 0; c < 3; ++c) {
        swapped(0, c) = v(1, c);
        swapped(1, c) = v(0, c);
    }
    const MatrixF64 one = symmetric_orthonormal(v, metric);
    const MatrixF64 other = symmetric_orthonormal(swapped, metric);
    EXPECT_TRUE(all_close(one.row(0), other.row(1), 1e-12, 0));
}

TEST(SymmetricOrthonormal, refuses_what_is_collinear_or_empty) {
    Matrix v(3, 3);
    v(0, 0) = 1;
    v(1, 1) = 1;
    v(2, 0) = 1;
    v(2, 1) = 1;  // the sum of the others
    const WhitenedMetric metric = diagonal_metric({1, 1, 1});
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"collinear"}, [&] { (void)symmetric_orthonormal(v, metric); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::numeric, {"length"}, [&] { (void)symmetric_orthonormal(Matrix(2, 3), metric); }));
}

const ModelIdentity kTarget = testing::planted_target();
const LayerMetrics kMetrics = {{LayerIndex{3}, diagonal_metric({1, 4})}};

TEST(Orthogonalise, keeps_doses_and_says_what_it_did) {
    const std::vector<ControlVector> vectors = {planted("a", {{3, {3, 0}}}), planted("b", {{2, {1, 1}}, {3, {1, 1}}})};
    const std::vector<ControlVector> got = orthogonalise(vectors, kMetrics, kTarget);
    ASSERT_EQ(got.size(), 2U);
    const ConflictMatrix after = conflict_matrix(got, kMetrics);
    EXPECT_NEAR(*after.whitened[0][1], 0, 1e-6);
    EXPECT_NEAR(norm(std::span<const float>(got[0].layers[0].offset)), 3, 1e-6);
    EXPECT_EQ(got[0].layers[0].dose, vectors[0].layers[0].dose);
    EXPECT_EQ(got[0].layers[0].coefficient, 0);
    EXPECT_EQ(got[1].layers[0].offset, vectors[1].layers[0].offset) << "steered by one alone";
    EXPECT_EQ(got[1].name, "b");
    EXPECT_EQ(*got[1].target, kTarget);
    EXPECT_FALSE(got[1].provenance->kl_nats) << "was measured of the old offset";
    EXPECT_EQ(got[1].combination->how, "orthogonalised");
    ASSERT_EQ(got[1].combination->parts.size(), 2U);
    EXPECT_TRUE(
        got[1].combination->parts[0].starts_with("b: b from Small (llama, aaaaaaaa) layer 0, token-plain, at 2"));
    EXPECT_TRUE(got[1].combination->parts[1].starts_with("a: "));
}

TEST(Orthogonalise, refuses_what_has_no_answer) {
    const auto refused = [](ErrorKind kind, const std::vector<std::string>& parts,
                            const std::vector<ControlVector>& vectors) {
        return throws_error(kind, parts, [&] { (void)orthogonalise(vectors, kMetrics, kTarget); });
    };
    const ControlVector a = planted("a", {{3, {1, 0}}});
    EXPECT_TRUE(refused(ErrorKind::argument, {"two vectors", "1"}, {a}));
    EXPECT_TRUE(refused(ErrorKind::argument, {"lonely", "--target-layer"},
                        {a, planted("b", {{3, {1, 1}}}), planted("lonely", {{4, {1, 0}}})}));
    EXPECT_TRUE(refused(ErrorKind::numeric, {"collinear", "a, twin", "layer 3"}, {a, planted("twin", {{3, {-2, 0}}})}));
    EXPECT_TRUE(refused(ErrorKind::numeric, {"length", "zero"}, {a, planted("zero", {{3, {0, 0}}})}));
}

}  // namespace
}  // namespace contrans
