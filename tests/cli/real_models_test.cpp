// A few texts through the real models, found where scripts/fetch-models puts them.
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

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
    testing::write_bytes(folder_ / "pairs.jsonl",
                         R"({"positive": "I am so happy today!", "negative": "The file has four columns."})"
                         "\n"
                         R"({"positive": "What a joy to see you!", "negative": "The bolt is made of steel."})"
                         "\n"
                         R"({"positive": "We laughed all evening.", "negative": "The train has six coaches."})"
                         "\n");
    const std::string smollm2 = model("smollm2");
    const json refined = object_of("refine --model " + smollm2 + " --pairs pairs.jsonl --layers 18:19 --out joy.gguf");
    EXPECT_EQ(refined.at("layers").size(), 2U);
    testing::write_bytes(folder_ / "neutral.txt", "The river is long.\nIron melts late.\nThe shop opens at nine.\n");
    object_of("transplant --concept joy.gguf --target " + smollm2 +
              " --target-layer 18 --dose 0.5 --neutral neutral.txt --out v.gguf");
    const std::string ask = "generate --prompt 'My day:' --max-tokens 8 --vector v.gguf=2 --model ";
    EXPECT_FALSE(object_of(ask + smollm2).at("texts").empty());
    const ProgramResult refused =
        testing::run_program(ask + model("gemma"), {.folder = folder_.path(), .out_file = "", .file_limit = {}});
    EXPECT_EQ(refused.exit_code, 4) << refused.error;
    EXPECT_NE(refused.error.find("Smollm2"), std::string::npos) << refused.error;
}

}  // namespace
}  // namespace contrans
