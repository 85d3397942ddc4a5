// Carrying a concept by maps that were made of others: chosen by behaviour or given, never by scores they lack.
#include "contrans/pipeline/transplant.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::throws_error;
using testing::tiny_target_model;

MapSet derived_maps() {
    MapSet maps = testing::maps();
    maps.derivation = "composed by way of Middle";
    for (MapEntry& entry : maps.entries) entry.via = {LayerIndex{9}};
    return maps;
}

TransplantResult carry(const TransplantRequest& request) {
    return transplant(testing::source_concept(), derived_maps(), tiny_target_model(), nullptr, request, {});
}

TEST(DerivedMaps, are_not_preferred_by_scores_that_nobody_measured) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"held-out score", "Middle", "--task"},
                             [] { (void)carry(testing::transplant_request()); }));
}

TEST(DerivedMaps, can_be_given_and_are_named_with_their_way) {
    const MapEntry entry = derived_maps().entries.front();
    TransplantRequest request = testing::transplant_request();
    request.source_layer = entry.source_layer;
    request.target_layers = {entry.target_layer};
    request.fit = entry.kind;
    request.dose = 0.3;
    const TransplantResult result = carry(request);
    EXPECT_NE(result.candidates.front().label.find("→9→"), std::string::npos) << result.candidates.front().label;
    ASSERT_TRUE(result.vector.provenance);
    EXPECT_FALSE(result.vector.provenance->held_out_r2);
    EXPECT_FALSE(result.vector.provenance->token_match);
    EXPECT_EQ(result.vector.provenance->map_derivation, "composed by way of Middle");
    EXPECT_EQ(result.vector.provenance->map_rows, entry.evidence.rows);
}

}  // namespace
}  // namespace contrans
