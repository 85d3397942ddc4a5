// Activation stores and NumPy itself: what it reads in ours, and that ours reads what it wrote.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "contrans/harvest/activation_reader.h"
#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ProgramResult;
using testing::Workbench;

/// Runs tests/cli/states_in_numpy.py in the bench.
::testing::AssertionResult python(const Workbench& bench, const std::string& arguments) {
    const std::string command = "cd '" + bench.path().string() +
                                "' && " CONTRANS_PYTHON " " CONTRANS_SOURCE_DIR "/tests/cli/states_in_numpy.py " +
                                arguments;
    if (std::system(command.c_str()) == 0) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << command << " (needs python3 with numpy: scripts/install-packages --test)";
}

std::string bytes_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

TEST(NumPy, reads_the_states_that_our_reader_reads) {
    const Workbench bench;
    testing::write_bytes(bench / "texts.jsonl",
                         "{\"text\": \"Ça va, naïve façade? 日本\"}\n{\"text\": \"The ship\"}\n");
    for (const std::string dtype : {"f32", "bf16", "f16"}) {
        const ProgramResult harvest = bench.run(
            "harvest --model source.gguf --texts corpus.txt --texts texts.jsonl --layers 0,2 --position all "
            "--shard-tokens 500 --dtype " +
            dtype + " --out " + dtype);
        ASSERT_EQ(harvest.exit_code, 0) << harvest.error;
        std::filesystem::create_directory(bench / ("raw-" + dtype));
        ASSERT_TRUE(python(bench, "read " + dtype + " raw-" + dtype));
        const ActivationReader reader(bench / dtype);
        ASSERT_GT(reader.index().shards.size(), 1U);
        std::vector<std::size_t> rows(reader.index().n_rows());
        std::iota(rows.begin(), rows.end(), std::size_t{0});
        for (const LayerIndex layer : reader.index().layers) {
            const Matrix states = reader.read(layer, rows);
            EXPECT_EQ(testing::read_bytes(bench / ("raw-" + dtype + "/layer-" + std::to_string(layer.value))),
                      bytes_of(states.data(), states.rows() * states.cols() * sizeof(float)))
                << dtype << ", layer " << layer.value;
        }
        std::string tokens;
        for (std::size_t text = 0; text < reader.texts().size(); ++text)
            tokens += bytes_of(reader.tokens(text).data(), reader.tokens(text).size_bytes());
        EXPECT_EQ(testing::read_bytes(bench / ("raw-" + dtype + "/tokens")), tokens);
    }
}

// States from elsewhere whose target is an exact map of the source: it is found again.
TEST(NumPy, writes_stores_that_maps_are_fitted_from) {
    const Workbench bench;
    for (const std::string dtype : {"f32", "bf16", "f16"}) {
        ASSERT_TRUE(python(bench, "plant from-" + dtype + " to-" + dtype + " " + dtype));
        const ProgramResult map =
            bench.run("--json map --source from-" + dtype + " --target to-" + dtype + " --out map-" + dtype + ".gguf");
        ASSERT_EQ(map.exit_code, 0) << map.error;
        const json object = json::parse(map.out);
        EXPECT_EQ(object["texts"], 60);
        EXPECT_EQ(object["token_match"], 1.0);
        EXPECT_EQ(object["target"]["name"], "Elsewhere to-" + dtype);
        double best = 0;
        for (const json& fit : object["maps"]) best = std::max(best, fit["held_out_r2"].get<double>());
        EXPECT_GT(best, 0.999) << dtype;
    }
}

}  // namespace
}  // namespace contrans
