#include "contrans/transplant/candidate.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

const SearchCandidate kOne{"one", {{LayerIndex{7}, {3, 0, -4}, 5}}};
const SearchCandidate kTwo{"two", {{LayerIndex{7}, {3, 0, -4}, 5}, {LayerIndex{9}, {0, 2, 0}, 10}}};

TEST(Candidate, OneLayerTakesTheWholeDose) {
    const auto plan = plan_of(kOne, 2);
    ASSERT_EQ(plan->steps().size(), 1U);
    EXPECT_EQ(plan->steps()[0].layer, LayerIndex{7});
    EXPECT_EQ(plan->steps()[0].offset, (std::vector<float>{6, 0, -8}));
}

TEST(Candidate, SeveralShareItEvenlyEachInItsOwnSpread) {
    const auto plan = plan_of(kTwo, 2);
    ASSERT_EQ(plan->steps().size(), 2U);
    EXPECT_EQ(plan->steps()[0].offset, (std::vector<float>{3, 0, -4}));
    EXPECT_EQ(plan->steps()[1].offset, (std::vector<float>{0, 10, 0}));
    const std::vector<ControlLayer> layers = layers_at_dose(kTwo, 2);
    EXPECT_EQ(layers[0].dose, 1);
    EXPECT_EQ(layers[0].coefficient, 1);
    EXPECT_EQ(layers[1].coefficient, 5);
    EXPECT_EQ(total_dose(layers), 2);
}

TEST(Candidate, ItsSignIsTheSenseAndZeroSteersNothing) {
    EXPECT_EQ(plan_of(kTwo, -2)->steps()[0].offset, (std::vector<float>{-3, 0, 4}));
    EXPECT_EQ(plan_of(kTwo, 0), nullptr);
}

TEST(Candidate, ItsLayersAreASet) { EXPECT_EQ(layer_set(kTwo), (LayerSet{LayerIndex{7}, LayerIndex{9}})); }

TEST(Candidate, ADirectionWithoutLengthIsNamed) {
    const SearchCandidate empty{"empty", {{LayerIndex{7}, {0, 0, 0}, 5}}};
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"length"}, [&] { (void)plan_of(empty, 1); }));
}

}  // namespace
}  // namespace contrans
