// contrans harvest as scripts see it: its files, and what is left of a run that was killed.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"
#include "tests/tiny_model.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::appears;
using testing::files_of;
using testing::ProgramResult;
using testing::RunningProgram;
using testing::Workbench;

constexpr const char* kGlobal = "--threads 1 --keep-quants ";  // as Workbench::run has them
constexpr const char* kHarvest =
    "harvest --model source.gguf --texts many.txt --position all --shard-tokens 600 --json ";

void write_many_texts(const Workbench& bench) {
    std::string lines;
    for (int i = 0; i < 400; ++i) lines += "Text " + std::to_string(i * 7919 % 1000) + " of many that are read.\n";
    testing::write_bytes(bench / "many.txt", lines);
}

TEST(Harvest, says_what_it_kept) {
    const Workbench bench;
    const ProgramResult result = bench.run(
        "--json harvest --model source.gguf --texts corpus.txt --layers 0,2:3 --position aligned --aligned-with "
        "target.gguf --dtype bf16 --out states");
    ASSERT_EQ(result.exit_code, 0) << result.error;
    const json object = json::parse(result.out);
    EXPECT_EQ(object["layers"], json({0, 2, 3}));
    EXPECT_EQ(object["position"], "aligned");
    EXPECT_EQ(object["dtype"], "bf16");
    EXPECT_GT(object["aligned_share"].get<double>(), 0.5);
    EXPECT_GT(object["rows"].get<int>(), object["texts"].get<int>());
    const json index = json::parse(testing::read_bytes(bench / "states/index.json"));
    EXPECT_EQ(index["complete"], true);
    EXPECT_EQ(index["model"]["fingerprint"], object["model"]["fingerprint"]);
    EXPECT_TRUE(std::filesystem::exists(bench / "states/shard-00000.layer-3.npy"));

    const ProgramResult again = bench.run(
        "harvest --model source.gguf --texts corpus.txt --layers 0,2:3 --position aligned --aligned-with target.gguf "
        "--dtype bf16 --out states");
    EXPECT_EQ(again.exit_code, 0) << again.error;
    EXPECT_NE(again.out.find("from an earlier run"), std::string::npos) << again.out;
}

// Whether slow quants can be expanded depends on the machine, and states differ by 2%: what was loaded is what counts.
TEST(Harvest, goes_on_only_with_the_weights_that_it_began_with) {
    const Workbench bench;
    bench.write_expanding_cache("expanding");
    const std::string harvest = "--quiet --threads 1 harvest --model source.gguf --texts corpus.txt --out ";
    const auto run_with_cache = [&](const std::string& cache, const std::string& arguments) {
        const testing::ChangedVariable variable("CONTRANS_CACHE", bench / cache);
        return testing::run_program(arguments, {.folder = bench.path(), .out_file = "", .file_limit = {}});
    };
    ASSERT_EQ(run_with_cache("expanding", harvest + "states").exit_code, 0);
    const auto before = files_of(bench / "states");
    EXPECT_NE(before.at("index.json").find("slow quants as BF16"), std::string::npos);
    const ProgramResult refused = run_with_cache("none", harvest + "states");
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_EQ(std::count(refused.error.begin(), refused.error.end(), '\n'), 1) << refused.error;
    for (const std::string part : {"made otherwise", "slow quants as BF16", "weights as in the file"})
        EXPECT_NE(refused.error.find(part), std::string::npos) << refused.error;
    EXPECT_EQ(files_of(bench / "states"), before);
    // The other way round what was asked for does not count.
    ASSERT_EQ(run_with_cache("none", harvest + "kept").exit_code, 0);
    EXPECT_EQ(run_with_cache("none", "--keep-quants " + harvest + "kept").exit_code, 0);
}

TEST(Harvest, says_at_once_that_f16_cannot_hold_a_state) {
    const Workbench bench;
    testing::TinyModel loud = testing::tiny_source();
    loud.loudness = 1e6F;
    write_tiny_model(bench / "loud.gguf", loud);
    const std::string harvest = "--quiet harvest --model loud.gguf --texts corpus.txt --layers 1:2 --dtype ";
    for (const std::string position : {"last", "mean", "all"}) {
        const ProgramResult result = bench.run(harvest + "f16 --position " + position + " --out " + position);
        EXPECT_EQ(result.exit_code, 5) << result.error;
        EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
        for (const std::string part : {"text ", "after layer 1", "f16", "use f32 or bf16"})
            EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
        EXPECT_FALSE(std::filesystem::exists(bench / position / "shard-00000.tokens.npy"));
    }
    for (const std::string dtype : {"f32", "bf16"})
        EXPECT_EQ(bench.run(harvest + dtype + " --out " + dtype).exit_code, 0) << dtype;
}

// A pairs file of labelled texts is a corpus too.
TEST(Harvest, its_folder_stands_for_the_model_in_refine) {
    const Workbench bench;
    std::string lines;
    for (int i = 0; i < 8; ++i) {
        const std::string number = std::to_string(i);
        lines += R"({"text": "The sun is warm on day )" + number + R"(.", "label": "positive"})" + "\n";
        lines += R"({"text": "The ice is cold on day )" + number + R"(.", "label": "negative"})" + "\n";
    }
    testing::write_bytes(bench / "labelled.jsonl", lines);
    ASSERT_EQ(bench.run("harvest --model source.gguf --texts labelled.jsonl --out states").exit_code, 0);
    const std::string refine = "--json refine --pairs labelled.jsonl --name warm ";
    const ProgramResult from_states = bench.run(refine + "--model states --out from-states.gguf");
    ASSERT_EQ(from_states.exit_code, 0) << from_states.error;
    const ProgramResult from_model = bench.run(refine + "--model source.gguf --out from-model.gguf");
    const json stored = json::parse(from_states.out);
    const json direct = json::parse(from_model.out);
    EXPECT_EQ(stored["fingerprint"], direct["fingerprint"]);
    EXPECT_EQ(stored["layers"].size(), direct["layers"].size());
    EXPECT_NEAR(stored["layers"][1]["norm"].get<double>(), direct["layers"][1]["norm"].get<double>(), 1e-2);
}

/// Whether a run has planned the store and not finished it.
bool is_half_done(const std::filesystem::path& store) {
    const std::filesystem::path index = store / "index.json";
    return std::filesystem::exists(index) && json::parse(testing::read_bytes(index))["complete"] == false;
}

// SIGKILL at random moments, 50 times between plan and end: the files are those of a run that nothing befell.
TEST(Harvest, killed_at_any_moment_goes_on_byte_for_byte) {
    const Workbench bench;
    write_many_texts(bench);
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(bench.run(std::string(kHarvest) + "--out whole").exit_code, 0);
    const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto expected = files_of(bench / "whole");
    ASSERT_GT(json::parse(expected.at("index.json"))["shards"].size(), 6U);

    std::mt19937 random(4);
    std::uniform_real_distribution<double> moment(0, 1.1 * whole);
    int killed = 0;
    int finished = 0;
    for (int n = 0; killed < 50; ++n) {
        ASSERT_LT(n, 400) << killed << " kills";
        RunningProgram program(std::string(kGlobal) + kHarvest + "--out states",
                               {.folder = bench.path(), .out_file = "", .file_limit = {}});
        std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
        program.send(SIGKILL);
        const ProgramResult result = program.wait();
        if (result.exit_code == 128 + SIGKILL) {
            killed += is_half_done(bench / "states") ? 1 : 0;
            continue;
        }
        ASSERT_EQ(result.exit_code, 0) << result.error;
        ++finished;
        EXPECT_EQ(files_of(bench / "states"), expected);
        std::filesystem::remove_all(bench / "states");
    }
    EXPECT_GT(finished, 2);
    const ProgramResult last = bench.run(std::string(kHarvest) + "--out states");
    EXPECT_EQ(last.exit_code, 0) << last.error;
    EXPECT_EQ(files_of(bench / "states"), expected)
        << "after " << killed << " kills, " << finished << " runs got through";
}

TEST(Harvest, a_shard_that_was_cut_is_read_again) {
    const Workbench bench;
    write_many_texts(bench);
    ASSERT_EQ(bench.run(std::string(kHarvest) + "--out states").exit_code, 0);
    const auto whole = files_of(bench / "states");
    testing::write_bytes(bench / "states/shard-00002.layer-1.npy", whole.at("shard-00002.layer-1.npy").substr(0, 999));
    const ProgramResult again = bench.run(std::string(kHarvest) + "--out states");
    ASSERT_EQ(again.exit_code, 0) << again.error;
    const json object = json::parse(again.out);
    EXPECT_EQ(object["shards_kept"].get<std::size_t>() + 1, object["shards"].get<std::size_t>());
    EXPECT_EQ(files_of(bench / "states"), whole);
}

TEST(Harvest, leaves_another_models_or_options_store_alone) {
    const Workbench bench;
    ASSERT_EQ(bench.run("harvest --model source.gguf --texts corpus.txt --out states").exit_code, 0);
    const auto before = files_of(bench / "states");
    const auto expect_refused = [&](const std::string& rest, const std::string& part) {
        const ProgramResult result = bench.run("--quiet harvest --out states " + rest);
        EXPECT_EQ(result.exit_code, 2) << result.error;
        EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
        for (const std::string& said : {std::string("states: holds a store made otherwise"), part})
            EXPECT_NE(result.error.find(said), std::string::npos) << result.error;
        EXPECT_EQ(files_of(bench / "states"), before);
    };
    expect_refused("--model target.gguf --texts corpus.txt", "model Tiny source");
    expect_refused("--model source.gguf --texts neutral.txt", "other texts");
    expect_refused("--model source.gguf --texts corpus.txt --layers 1", "layers [0,1,2]");
    expect_refused("--model source.gguf --texts corpus.txt --dtype bf16", "dtype f32");
    expect_refused("--model source.gguf --texts corpus.txt --position all", "position last");
    testing::write_bytes(bench / "states/index.json", before.at("index.json").substr(0, 100));
    EXPECT_EQ(bench.run("harvest --model source.gguf --texts corpus.txt --out states").exit_code, 3);
}

TEST(Harvest, a_full_disk_in_the_middle_keeps_what_was_done) {
    const Workbench bench;
    write_many_texts(bench);
    ASSERT_EQ(bench.run(std::string(kHarvest) + "--out whole").exit_code, 0);
    // The longest shard does not fit.
    std::size_t longest = 0;
    for (const auto& [name, bytes] : files_of(bench / "whole")) longest = std::max(longest, bytes.size());
    testing::ProgramSetup setup;
    setup.file_limit = longest - 1;
    const ProgramResult full = bench.run(std::string("--quiet ") + kHarvest + "--out states", setup);
    EXPECT_EQ(full.exit_code, 3) << full.error;
    EXPECT_NE(full.error.find("cannot write"), std::string::npos) << full.error;
    EXPECT_EQ(full.error.find('\n') + 1, full.error.size()) << full.error;
    for (const auto& [name, bytes] : files_of(bench / "states")) EXPECT_EQ(name.find("partial"), std::string::npos);
    EXPECT_EQ(bench.run(std::string(kHarvest) + "--out states").exit_code, 0);
    EXPECT_EQ(files_of(bench / "states"), files_of(bench / "whole"));
}

TEST(Harvest, two_runs_in_one_folder_are_refused) {
    const Workbench bench;
    std::string lines;
    for (int i = 0; i < 20000; ++i) lines += "Text " + std::to_string(i) + " of a corpus that takes long.\n";
    testing::write_bytes(bench / "many.txt", lines);
    RunningProgram first(std::string(kGlobal) + kHarvest + "--out states",
                         {.folder = bench.path(), .out_file = "", .file_limit = {}});
    ASSERT_TRUE(appears(bench / "states/index.json"));
    const ProgramResult second = bench.run(std::string(kHarvest) + "--out states");
    EXPECT_EQ(second.exit_code, 3);
    EXPECT_NE(second.error.find("another run"), std::string::npos) << second.error;
    first.send(SIGINT);
    EXPECT_EQ(first.wait().exit_code, 130);
}

}  // namespace
}  // namespace contrans
