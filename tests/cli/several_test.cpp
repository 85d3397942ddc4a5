// Commands that take several vectors or maps, on tiny models.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "contrans/linalg/products.h"
#include "contrans/mapping/map_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ProgramResult;
using testing::Workbench;

class Several : public ::testing::Test {
protected:
    json object_of(const std::string& arguments) {
        const ProgramResult result = bench_.run(arguments + " --json --quiet");
        EXPECT_EQ(result.exit_code, 0) << result.error;
        json object = json::parse(result.out, nullptr, false);
        EXPECT_TRUE(object.is_object()) << result.out;
        return object;
    }

    Workbench bench_;
};

const std::string kCompare = "conflicts --target target.gguf --neutral neutral.txt --neutral-dev neutral.txt ";

TEST_F(Several, conflicts_shows_cosines_interference_and_damage) {
    const json got = object_of(kCompare +
                               "--vector vector.gguf --vector second.gguf=0.2 --vector elsewhere.gguf --task "
                               "second=test.jsonl --limit 6");
    EXPECT_EQ(got.at("vectors").size(), 3U);
    EXPECT_EQ(got.at("vectors")[1].at("vector"), "second");
    EXPECT_NEAR(got.at("vectors")[1].at("layers")[0].at("dose").get<double>(), 0.2, 1e-9);
    for (const char* table : {"cosine", "whitened_cosine"}) {
        EXPECT_EQ(got.at(table)[0][0], 1);
        EXPECT_TRUE(got.at(table)[0][1].is_number());
        EXPECT_TRUE(got.at(table)[2][1].is_null()) << "no layer in common";
    }
    ASSERT_EQ(got.at("metrics").size(), 1U);
    EXPECT_EQ(got.at("metrics")[0].at("layer"), 3);
    EXPECT_GT(got.at("metrics")[0].at("rows"), 10);
    ASSERT_EQ(got.at("interference").size(), 1U);
    EXPECT_EQ(got.at("interference")[0].at("vector"), "second");
    EXPECT_EQ(got.at("interference")[0].at("n"), 6);
    EXPECT_TRUE(got.at("interference")[0].at("together").at("low").is_number());
    EXPECT_GT(got.at("together").at("kl_nats"), 0);
    EXPECT_TRUE(got.at("orthogonalised").empty());
}

TEST_F(Several, orthogonalised_vectors_keep_their_dose_and_no_longer_conflict) {
    const json got = object_of(kCompare + "--vector vector.gguf --vector second.gguf --orthogonalise apart");
    EXPECT_EQ(got.at("orthogonalised"), json({"apart/vector.gguf", "apart/second.gguf"}));
    const json again = object_of(kCompare + "--vector apart/vector.gguf --vector apart/second.gguf");
    EXPECT_NEAR(again.at("whitened_cosine")[0][1].get<double>(), 0, 1e-4);
    const ControlVector before = read_control_vector(bench_ / "vector.gguf");
    const ControlVector after = read_control_vector(bench_ / "apart/vector.gguf");
    EXPECT_EQ(after.layers[0].dose, before.layers[0].dose);
    EXPECT_NEAR(
        norm(std::span<const float>(after.layers[0].offset)) / norm(std::span<const float>(before.layers[0].offset)), 1,
        1e-5);
    const json seen = object_of("inspect apart/vector.gguf");
    EXPECT_EQ(seen.at("combination").at("how"), "orthogonalised");
    EXPECT_EQ(seen.at("combination").at("parts").size(), 2U);
    EXPECT_EQ(seen.at("evidence").at("concept"), "joy");
    EXPECT_TRUE(
        bench_.run("generate --model target.gguf --prompt Hello --max-tokens 1 --vector apart/vector.gguf").exit_code ==
        0);
}

TEST_F(Several, conflicts_speaks_to_people_too) {
    const ProgramResult result =
        bench_.run(kCompare + "--vector vector.gguf --vector second.gguf --task vector=test.jsonl");
    EXPECT_EQ(result.exit_code, 0) << result.error;
    for (const char* part :
         {"2 vectors in Tiny target", "cosine", "whitened", "metric of layer 3", "gain together", "all together"})
        EXPECT_NE(result.out.find(part), std::string::npos) << part << " in " << result.out;
}

TEST_F(Several, average_is_a_vector_like_others_that_names_its_parts) {
    const json got = object_of("average --vector vector.gguf --vector second.gguf --out both.gguf");
    EXPECT_EQ(got.at("name"), "both");
    EXPECT_EQ(got.at("layers")[0].at("layer"), 3);
    EXPECT_EQ(got.at("combination").at("how"), "averaged");
    EXPECT_NE(got.at("combination").at("parts")[1].get<std::string>().find("second: joy from Tiny source"),
              std::string::npos);
    object_of("generate --model target.gguf --prompt Hello --max-tokens 1 --vector both.gguf");
    const ProgramResult judged = bench_.run(
        "evaluate --target target.gguf --vector both.gguf --task test.jsonl --controls random-covariance --draws 2 "
        "--neutral neutral.txt --neutral-dev neutral.txt --json --quiet");
    EXPECT_TRUE(judged.exit_code == 0 || judged.exit_code == 6) << judged.error;
}

TEST_F(Several, composed_maps_carry_by_way_of_the_middle_model) {
    const json got = object_of("compose --map map.gguf --map next_map.gguf --out way.gguf");
    EXPECT_EQ(got.at("maps").size(), 2U) << "paper and token-plain, by way of layer 2";
    EXPECT_EQ(got.at("maps")[0].at("via"), json({2}));
    EXPECT_TRUE(got.at("maps")[0].at("held_out_r2").is_null());
    EXPECT_TRUE(got.at("token_match").is_null());
    EXPECT_NE(got.at("derivation").get<std::string>().find("Tiny target"), std::string::npos);
    const std::string carry =
        "transplant --concept concept.gguf --map way.gguf --target other.gguf --neutral neutral.txt "
        "--out joy.gguf ";
    EXPECT_EQ(bench_.run(carry).exit_code, 2) << "two maps without scores";
    EXPECT_EQ(object_of(carry + "--task dev.jsonl").at("chosen_by"), "behaviour");
    object_of(carry + "--fit paper --dose 0.3");
    const json seen = object_of("inspect joy.gguf");
    EXPECT_TRUE(seen.at("evidence").at("directional").is_null());
    EXPECT_NE(seen.at("evidence").at("map_derivation").get<std::string>().find("composed"), std::string::npos);
}

TEST_F(Several, an_inverse_measures_the_spread_of_its_new_target) {
    const json got =
        object_of("compose --inverse map.gguf --target source.gguf --neutral neutral.txt --rank 20 --out back.gguf");
    EXPECT_EQ(got.at("maps").size(), 4U);
    EXPECT_EQ(got.at("maps")[0].at("rank"), 20);
    const MapSet back = read_map_set(bench_ / "back.gguf");
    EXPECT_EQ(back.target.name, "Tiny source");
    ASSERT_EQ(back.target_scale.size(), 2U);
    EXPECT_EQ(back.target_scale[0].layer, LayerIndex{1});
    EXPECT_GT(back.target_scale[0].sigma, 0);
    object_of(
        "transplant --concept target_concept.gguf --map back.gguf --source-layer 2 --target source.gguf "
        "--task dev.jsonl --neutral neutral.txt --out joy.gguf");
}

}  // namespace
}  // namespace contrans
