#include "contrans/transplant/average.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/matching.h"
#include "tests/transplant/planted_vectors.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::planted;
using testing::throws_error;

TEST(Average, points_between_the_units_at_the_mean_dose) {
    const std::vector<ControlVector> vectors = {planted("a", {{3, {2, 0}}, {5, {1, 0}}}), planted("b", {{3, {0, 4}}})};
    const ControlVector got = average(vectors, "both", IdentityMismatch::refuse);
    EXPECT_EQ(got.name, "both");
    EXPECT_EQ(*got.target, *vectors[0].target);
    ASSERT_EQ(got.layers.size(), 1U) << "layer 5 is one vector's alone";
    EXPECT_EQ(got.layers[0].layer, LayerIndex{3});
    const auto side = static_cast<float>(3 * std::sqrt(0.5));
    EXPECT_TRUE(all_close(std::span<const float>(got.layers[0].offset),
                          std::span<const float>(std::vector<float>{side, side}), 1e-6, 0));
    EXPECT_NEAR(got.layers[0].dose, (vectors[0].layers[0].dose + vectors[1].layers[0].dose) / 2, 1e-12);
    EXPECT_EQ(got.layers[0].sigma, 2);
    EXPECT_FALSE(got.provenance);
    EXPECT_EQ(got.combination->how, "averaged");
    EXPECT_EQ(got.combination->parts,
              (std::vector<std::string>{
                  "a: a from Small (llama, aaaaaaaa) layer 0, token-plain, at 3 dose 1.000 at 5 dose 0.500",
                  "b: b from Small (llama, aaaaaaaa) layer 0, token-plain, at 3 dose 2.000"}));
}

TEST(Average, of_one_direction_is_that_direction) {
    const ControlVector got =
        average(std::vector<ControlVector>{planted("a", {{3, {3, 4}}}), planted("b", {{3, {6, 8}}})}, "c",
                IdentityMismatch::refuse);
    EXPECT_TRUE(all_close(std::span<const float>(got.layers[0].offset),
                          std::span<const float>(std::vector<float>{4.5, 6}), 1e-6, 0));
}

TEST(Average, takes_other_engines_vectors_and_negative_doses) {
    ControlVector foreign = planted("f", {{3, {1, 0}}});
    foreign.target.reset();
    foreign.provenance.reset();
    foreign.layers[0] = {LayerIndex{3}, {1, 0}, 0, 0, 0};
    ControlVector away = planted("away", {{3, {0, 1}}});
    away.layers[0].dose = -0.5;
    const ControlVector got = average(std::vector<ControlVector>{foreign, away}, "c", IdentityMismatch::refuse);
    EXPECT_EQ(got.layers[0].sigma, 2);
    EXPECT_NEAR(got.layers[0].dose, -0.5, 1e-12);
    EXPECT_TRUE(got.target);
    EXPECT_EQ(got.combination->parts[0], "f at 3");
}

TEST(Average, refuses_what_has_no_mean) {
    const auto refused = [](ErrorKind kind, const std::vector<std::string>& parts,
                            const std::vector<ControlVector>& vectors) {
        return throws_error(kind, parts, [&] { (void)average(vectors, "c", IdentityMismatch::refuse); });
    };
    const ControlVector a = planted("a", {{3, {1, 0}}});
    EXPECT_TRUE(refused(ErrorKind::argument, {"two vectors", "1"}, {a}));
    EXPECT_TRUE(refused(ErrorKind::argument, {"no layer in common"}, {a, planted("b", {{4, {1, 0}}})}));
    EXPECT_TRUE(refused(ErrorKind::numeric, {"cancel", "layer 3"}, {a, planted("b", {{3, {-1, 0}}})}));
    EXPECT_TRUE(refused(ErrorKind::numeric, {"length"}, {a, planted("b", {{3, {0, 0}}})}));
    ControlVector other = a;
    other.name = "other";
    other.target = testing::planted_target('c');
    EXPECT_TRUE(refused(ErrorKind::model, {"other", "bbbbbbbb", "cccccccc"}, {a, other}));
    ControlVector away = a;
    away.layers[0].dose = -0.5;
    EXPECT_TRUE(refused(ErrorKind::argument, {"opposite sign", "layer 3"}, {a, away}));
    ControlVector wide = planted("w", {{3, {1, 0, 0}}});
    wide.target = a.target;
    EXPECT_TRUE(refused(ErrorKind::argument, {"widths", "2", "3"}, {a, wide}));
}

}  // namespace
}  // namespace contrans
