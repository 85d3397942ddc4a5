#include "contrans/transplant/vector_set.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/transplant/planted_vectors.h"

namespace contrans {
namespace {

using testing::planted;
using testing::throws_error;

TEST(VectorSet, a_plan_adds_what_stands_at_one_layer) {
    const std::vector<ControlVector> vectors = {planted("a", {{3, {1, 0}}, {4, {5, 5}}}), planted("b", {{3, {2, 3}}})};
    const auto plan = combined_plan(vectors);
    ASSERT_EQ(plan->steps().size(), 2U);
    EXPECT_EQ(plan->steps()[0].offset, (std::vector<float>{3, 3}));
    EXPECT_EQ(plan->steps()[1].layer, LayerIndex{4});
    EXPECT_EQ(combined_plan({}), nullptr);
}

TEST(VectorSet, finds_shared_layers_and_who_steers_them) {
    const std::vector<ControlVector> vectors = {planted("a", {{4, {1, 0}}}), planted("b", {{3, {1, 2}}}),
                                                planted("c", {{3, {3, 4}}, {4, {5, 6}}})};
    EXPECT_EQ(shared_layers(vectors), (std::vector{LayerIndex{3}, LayerIndex{4}}));
    const LayerMembers members = members_at(vectors, LayerIndex{3});
    EXPECT_EQ(members.vectors, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(members.offsets(1, 1), 4);
    EXPECT_TRUE(members_at(vectors, LayerIndex{9}).vectors.empty());
}

TEST(VectorSet, a_vector_must_fit_its_model) {
    const ControlVector vector = planted("a", {{3, {1, 0}}});
    const auto refused = [&](const std::vector<std::string>& parts, const ModelIdentity& model) {
        return throws_error(ErrorKind::model, parts,
                            [&] { require_fits(vector, "a.gguf", model, IdentityMismatch::refuse); });
    };
    require_fits(vector, "a.gguf", testing::planted_target(), IdentityMismatch::refuse);
    EXPECT_TRUE(refused({"a.gguf", "cccccccc"}, testing::planted_target('c')));
    EXPECT_TRUE(refused({"a.gguf", "width", "5"}, testing::planted_target('b', 5)));
    ModelIdentity shallow = testing::planted_target();
    shallow.n_layers = 3;
    EXPECT_TRUE(refused({"a.gguf", "0 to 2", "3"}, shallow));
}

}  // namespace
}  // namespace contrans
