#include "contrans/concepts/quality.h"

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/linalg/random_matrix.h"

namespace contrans {
namespace {

struct Classes {
    Matrix positive;
    Matrix negative;
};

Classes apart(std::size_t n, std::size_t d, float distance) {
    RandomEngine engine(31);
    Classes c{testing::random_matrix(n, d, engine), testing::random_matrix(n, d, engine)};
    for (std::size_t r = 0; r < n; ++r) c.positive(r, 0) += distance;
    return c;
}

TEST(AreaUnderRoc, CountsWinsAndHalvesTies) {
    EXPECT_EQ(area_under_roc(std::vector<double>{3, 4}, std::vector<double>{1, 2}), 1.0);
    EXPECT_EQ(area_under_roc(std::vector<double>{1}, std::vector<double>{2, 3}), 0.0);
    EXPECT_EQ(area_under_roc(std::vector<double>{2, 2}, std::vector<double>{1, 2}), 0.75);
    EXPECT_THROW((void)area_under_roc({}, std::vector<double>{1}), Error);
}

TEST(DirectionQuality, SeparableClassesScoreHigh) {
    const Classes c = apart(60, 20, 10);
    for (const RefineMethod method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
        const RefineOptions options{.method = method};
        const DirectionQuality q = direction_quality(c.positive, c.negative, options, 1);
        EXPECT_GT(q.held_out_auc, 0.99);
        // A probe is free to lean on any of the other 19 features once the classes are apart.
        EXPECT_GT(q.split_half_cosine, method == RefineMethod::probe ? 0.3 : 0.9);
        EXPECT_NEAR(q.norm, norm(refine_direction(c.positive, c.negative, options)), 1e-9);
    }
}

// With more dimensions than texts the training texts separate perfectly; held-out ones must not.
TEST(DirectionQuality, NoiseScoresLikeChance) {
    const Classes c = apart(100, 300, 0);
    for (const RefineMethod method : {RefineMethod::mean, RefineMethod::probe}) {
        const DirectionQuality q = direction_quality(c.positive, c.negative, {.method = method}, 1);
        EXPECT_NEAR(q.held_out_auc, 0.5, 0.15);
        EXPECT_NEAR(q.split_half_cosine, 0, 0.15);
    }
}

TEST(DirectionQuality, KnowsTwoTextsAClassAndFollowsItsSeed) {
    const Classes c = apart(3, 5, 20);
    const DirectionQuality a = direction_quality(c.positive, c.negative, {}, 4);
    const DirectionQuality b = direction_quality(c.positive, c.negative, {}, 4);
    EXPECT_EQ(a.held_out_auc, 1.0);
    EXPECT_EQ(a.split_half_cosine, b.split_half_cosine);
    const Classes two = apart(2, 5, 20);
    EXPECT_EQ(direction_quality(two.positive, two.negative, {}, 4).held_out_auc, 1.0);
    EXPECT_THROW((void)direction_quality(Matrix(1, 5), Matrix(1, 5), {}, 4), Error);
}

}  // namespace
}  // namespace contrans
