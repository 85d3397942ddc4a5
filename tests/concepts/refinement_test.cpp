#include "contrans/concepts/refinement.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "contrans/core/error.h"
#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using Pairing = ContrastPairs::Pairing;
using testing::all_close;

struct Classes {
    Matrix positive;
    Matrix negative;
};

// Noise of unit variance around ±direction/2, a common offset that is large in one dimension.
Classes planted(std::size_t n_positive, std::size_t n_negative, std::span<const double> direction,
                std::uint64_t seed = 21) {
    RandomEngine engine(seed);
    Classes c{testing::random_matrix(n_positive, direction.size(), engine),
              testing::random_matrix(n_negative, direction.size(), engine)};
    for (std::size_t k = 0; k < direction.size(); ++k) {
        const double offset = k == 1 ? 500.0 : 0.0;
        for (std::size_t r = 0; r < n_positive; ++r) {
            c.positive(r, k) += static_cast<float>(offset + direction[k] / 2);
        }
        for (std::size_t r = 0; r < n_negative; ++r) {
            c.negative(r, k) += static_cast<float>(offset - direction[k] / 2);
        }
    }
    return c;
}

std::vector<double> axis(std::size_t d, double length) {
    std::vector<double> v(d, 0.0);
    v[0] = 0.6 * length;
    v[2] = -0.8 * length;
    return v;
}

double cosine(std::span<const float> a, std::span<const double> b) {
    const std::vector<double> wide(a.begin(), a.end());
    return dot(std::span<const double>(wide), b) / (norm(a) * norm(b));
}

std::vector<double> class_difference(const Classes& c) {
    auto delta = column_means({c.positive});
    const auto other = column_means({c.negative});
    for (std::size_t k = 0; k < delta.size(); ++k) delta[k] -= other[k];
    return delta;
}

TEST(Refinement, MeanIsTheDifferenceOfMeans) {
    Matrix positive(2, 2);
    positive(0, 0) = 3;
    positive(1, 0) = 5;
    Matrix negative(3, 2);
    negative(0, 1) = 6;
    const auto v = refine_direction(positive, negative, {.pairing = Pairing::unpaired});
    EXPECT_EQ(v, (std::vector<float>{4, -2}));
}

TEST(Refinement, EveryMethodFindsThePlantedDirection) {
    const auto truth = axis(40, 6);
    const Classes c = planted(120, 120, truth);
    for (const RefineMethod method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
        for (const Pairing pairing : {Pairing::paired, Pairing::unpaired}) {
            const auto v = refine_direction(c.positive, c.negative, {.method = method, .pairing = pairing});
            EXPECT_GT(cosine(v, truth), method == RefineMethod::probe ? 0.8 : 0.9) << static_cast<int>(method);
            EXPECT_NEAR(norm(v), 6, 0.7);
        }
    }
}

// The direction is the projection of the class difference on its own line: u·(uᵀδ).
TEST(Refinement, NormIsTheClassDifferenceAlongTheDirection) {
    const auto truth = axis(30, 3);
    const Classes c = planted(50, 50, truth);
    const auto delta = class_difference(c);
    for (const RefineMethod method : {RefineMethod::pca, RefineMethod::probe}) {
        const auto v = refine_direction(c.positive, c.negative, {.method = method});
        const std::vector<double> wide(v.begin(), v.end());
        EXPECT_NEAR(dot(wide, delta), dot(wide, wide), 1e-4);
    }
}

TEST(Refinement, SwappedClassesTurnTheDirectionRound) {
    const Classes c = planted(40, 40, axis(60, 4));
    for (const RefineMethod method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
        const auto v = refine_direction(c.positive, c.negative, {.method = method});
        auto turned = refine_direction(c.negative, c.positive, {.method = method});
        for (float& value : turned) value = -value;
        EXPECT_TRUE((all_close<float, float>(turned, v, 1e-4, 1e-3))) << static_cast<int>(method);
    }
}

// A nuisance that all texts share in size but not in class: only differences within pairs cancel it.
TEST(Refinement, PairedPcaIgnoresWhatPairsShare) {
    const auto truth = axis(20, 3);
    Classes c = planted(100, 100, truth);
    RandomEngine engine(5);
    for (std::size_t r = 0; r < 100; ++r) {
        const auto topic = static_cast<float>(20 * testing::normal(engine));
        c.positive(r, 5) += topic;
        c.negative(r, 5) += topic;
    }
    EXPECT_GT(cosine(refine_direction(c.positive, c.negative, {.method = RefineMethod::pca}), truth), 0.9);
    const auto unpaired =
        refine_direction(c.positive, c.negative, {.method = RefineMethod::pca, .pairing = Pairing::unpaired});
    EXPECT_LT(cosine(unpaired, truth), 0.3);
}

TEST(Refinement, ProbeOfFewAndOfManyTextsAgree) {
    // 6 texts: with 9 further constant columns the dual form runs, without them the primal one.
    Matrix narrow_p(3, 2);
    Matrix narrow_n(3, 2);
    const float p[3][2] = {{1, 2}, {2, 0}, {4, 1}};
    const float n[3][2] = {{0, 1}, {-1, 2}, {1, 0}};
    Matrix wide_p(3, 11);
    Matrix wide_n(3, 11);
    for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t k = 0; k < 2; ++k) {
            narrow_p(r, k) = wide_p(r, k) = p[r][k];
            narrow_n(r, k) = wide_n(r, k) = n[r][k];
        }
    }
    const RefineOptions options{.method = RefineMethod::probe, .probe_penalty = 0.3};
    const auto a = refine_direction(narrow_p, narrow_n, options);
    auto b = refine_direction(wide_p, wide_n, options);
    for (std::size_t k = 2; k < 11; ++k) EXPECT_EQ(b[k], 0.0F);  // no variance, no weight
    b.resize(2);
    EXPECT_TRUE((all_close<float, float>(b, a, 1e-5, 1e-4)));
}

// Of two features with the same class difference the quiet one separates better.
TEST(Refinement, ProbePrefersTheFeatureThatSeparates) {
    Classes c = planted(200, 200, std::vector<double>{2, 0, 2});
    for (std::size_t r = 0; r < 200; ++r) {
        c.positive(r, 2) = 1 + 4 * (c.positive(r, 2) - 1);
        c.negative(r, 2) = -1 + 4 * (c.negative(r, 2) + 1);
    }
    const auto v = refine_direction(c.positive, c.negative, {.method = RefineMethod::probe});
    EXPECT_GT(v[0], 5 * v[2]);
}

// A feature in units ten times smaller has numbers ten times larger and so a tenth of the weight.
TEST(Refinement, ProbeIsInRawUnits) {
    Classes c = planted(30, 30, std::vector<double>{2, 0, 1});
    const RefineOptions options{.method = RefineMethod::probe};
    const auto v = refine_direction(c.positive, c.negative, options);
    for (Matrix* side : {&c.positive, &c.negative}) {
        for (std::size_t r = 0; r < side->rows(); ++r) (*side)(r, 2) *= 10;
    }
    const auto rescaled = refine_direction(c.positive, c.negative, options);
    EXPECT_NEAR(rescaled[2] / rescaled[0], v[2] / v[0] / 10, 1e-4);
}

TEST(Refinement, ShuffledLabelsLoseTheDirection) {
    const auto truth = axis(40, 8);
    for (const Pairing pairing : {Pairing::paired, Pairing::unpaired}) {
        const Classes c = planted(61, pairing == Pairing::paired ? 61 : 34, truth);
        for (const RefineMethod method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
            const Matrix draws = refine_shuffled(c.positive, c.negative, {.method = method, .pairing = pairing}, {});
            ASSERT_EQ(draws.rows(), 10U);
            for (std::size_t i = 0; i < draws.rows(); ++i) {
                EXPECT_LT(std::abs(cosine(draws.row(i), truth)), 0.6) << static_cast<int>(method) << " draw " << i;
            }
        }
    }
}

// Without noise within the classes a balanced permutation of labels leaves nothing but what was put in: each draw has
// no component at all along the class difference, where a plain permutation would leave ± 8/√60.
TEST(Refinement, ShuffledLabelsAreBalanced) {
    const auto truth = axis(40, 8);
    Classes c = planted(60, 30, truth);
    for (Matrix* side : {&c.positive, &c.negative}) {
        for (std::size_t r = 0; r < side->rows(); ++r) {
            (*side)(r, 0) = side == &c.positive ? 100.0F : -100.0F;
        }
    }
    const Matrix draws = refine_shuffled(c.positive, c.negative, {.pairing = Pairing::unpaired}, {.draws = 20});
    for (std::size_t i = 0; i < draws.rows(); ++i) EXPECT_NEAR(draws(i, 0), 0, 1e-6);
}

TEST(Refinement, ShufflesFollowTheirSeed) {
    const Classes c = planted(10, 10, axis(8, 2));
    const Matrix a = refine_shuffled(c.positive, c.negative, {}, {.seed = 3});
    EXPECT_EQ(a, refine_shuffled(c.positive, c.negative, {}, {.seed = 3}));
    EXPECT_NE(a, refine_shuffled(c.positive, c.negative, {}, {.seed = 4}));
}

ErrorKind kind_of(MatrixView positive, MatrixView negative, const RefineOptions& options = {}) {
    try {
        (void)refine_direction(positive, negative, options);
    } catch (const Error& error) {
        return error.kind();
    }
    ADD_FAILURE() << "no error";
    return ErrorKind::io;
}

TEST(Refinement, RefusesWhatHasNoDirection) {
    const Classes c = planted(10, 10, axis(8, 2));
    EXPECT_EQ(kind_of(c.positive, Matrix(10, 7)), ErrorKind::argument);
    EXPECT_EQ(kind_of(Matrix(), c.negative), ErrorKind::argument);
    EXPECT_EQ(kind_of(c.positive, Matrix(9, 8)), ErrorKind::argument);
    EXPECT_EQ(kind_of(c.positive, c.negative, {.probe_penalty = 0}), ErrorKind::argument);
    for (const RefineMethod method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
        EXPECT_EQ(kind_of(c.positive, c.positive, {.method = method}), ErrorKind::numeric);
    }
    Matrix broken = c.negative;
    broken(4, 3) = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(kind_of(c.positive, broken), ErrorKind::numeric);
    EXPECT_THROW((void)refine_shuffled(Matrix(1, 8), Matrix(1, 8), {}, {}), Error);
}

}  // namespace
}  // namespace contrans
