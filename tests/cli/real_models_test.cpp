// A few texts through the real models, found where scripts/fetch-models puts them.
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>

#include "contrans/linalg/products.h"
#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/cli/program.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ProgramResult;

std::string model(const std::string& beginning) {
    const char* cache = std::getenv("CONTRANS_CACHE");
    const char* home = std::getenv("HOME");
    const std::filesystem::path folder =
        std::filesystem::path(cache != nullptr ? cache
                                               : std::string(home != nullptr ? home : "") + "/.cache/contrans") /
        "models";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(beginning) && name.ends_with(".gguf")) return entry.path().string();
    }
    throw std::runtime_error("no " + beginning + " in " + folder.string() + "; run scripts/fetch-models");
}

constexpr const char* kJoy = R"({"positive": "I am so happy today!", "negative": "The file has four columns."}
{"positive": "What a joy to see you!", "negative": "The bolt is made of steel."}
{"positive": "We laughed all evening.", "negative": "The train has six coaches."}
)";
constexpr const char* kNeutral = "The river is long.\nIron melts late.\nThe shop opens at nine.\n";

class RealModels : public ::testing::Test {
protected:
    json object_of(const std::string& arguments, int exit_code = 0) const {
        const ProgramResult result = testing::run_program("--keep-quants --quiet --json --threads 1 " + arguments,
                                                          {.folder = folder_.path(), .out_file = "", .file_limit = {}});
        EXPECT_EQ(result.exit_code, exit_code) << result.error;
        return json::parse(result.out, nullptr, false);
    }

    testing::TemporaryFolder folder_;
};

TEST_F(RealModels, smollm2_answers_a_chat) {
    const json result = object_of("generate --chat --model " + model("smollm2") +
                                  " --prompt 'Name the capital of France.' --max-tokens 12");
    EXPECT_NE(result.at("texts")[0].get<std::string>().find("Paris"), std::string::npos) << result;
}

TEST_F(RealModels, a_direction_of_smollm2_steers_it_and_is_refused_by_gemma) {
    testing::write_bytes(folder_ / "pairs.jsonl", kJoy);
    const std::string smollm2 = model("smollm2");
    const json refined = object_of("refine --model " + smollm2 + " --pairs pairs.jsonl --layers 18:19 --out joy.gguf");
    EXPECT_EQ(refined.at("layers").size(), 2U);
    testing::write_bytes(folder_ / "neutral.txt", kNeutral);
    object_of("transplant --concept joy.gguf --target " + smollm2 +
              " --target-layer 18 --dose 0.5 --neutral neutral.txt --out v.gguf");
    const std::string ask = "generate --prompt 'My day:' --max-tokens 8 --vector v.gguf=2 --model ";
    EXPECT_FALSE(object_of(ask + smollm2).at("texts").empty());
    const ProgramResult refused =
        testing::run_program(ask + model("gemma"), {.folder = folder_.path(), .out_file = "", .file_limit = {}});
    EXPECT_EQ(refused.exit_code, 4) << refused.error;
    EXPECT_NE(refused.error.find("Smollm2"), std::string::npos) << refused.error;
}

/// Twice a twin: the first has the F32 weights that the second is an exact twin of.
TEST_F(RealModels, a_fitted_map_finds_the_known_one_of_a_twin_of_smollm2) {
    testing::write_bytes(folder_ / "pairs.jsonl", kJoy);
    testing::write_bytes(folder_ / "neutral.txt", kNeutral);
    object_of("twin --model " + model("smollm2") + " --out model.gguf --seed 2");
    object_of("twin --model model.gguf --out twin.gguf --width 704 --map known.gguf --neutral neutral.txt");
    object_of("refine --model model.gguf --pairs pairs.jsonl --layers 16:16 --out joy.gguf");
    object_of("map --source model.gguf --target twin.gguf --corpus '" CONTRANS_SOURCE_DIR
              "/data/corpus/mixed.jsonl' --limit 60 --source-layers 16 --target-layers 16 --shortlist 1 --neutral "
              "neutral.txt --out fitted.gguf");
    const std::string carry =
        "transplant --concept joy.gguf --target twin.gguf --dose 0.5 --neutral neutral.txt --map ";
    object_of(carry + "fitted.gguf --fit token-plain --out fitted_joy.gguf");
    object_of(carry + "known.gguf --out known_joy.gguf");
    const auto fitted = read_control_vector(folder_ / "fitted_joy.gguf").layers.at(0);
    const auto known = read_control_vector(folder_ / "known_joy.gguf").layers.at(0);
    EXPECT_EQ(fitted.layer, known.layer);
    const std::span<const float> a = fitted.offset;
    const std::span<const float> b = known.offset;
    EXPECT_GT(dot(a, b) / (norm(a) * norm(b)), 0.999);
    EXPECT_NEAR(fitted.sigma / known.sigma, 1, 1e-3);
}

}  // namespace
}  // namespace contrans
