// --rpc: llama.cpp's ggml-rpc-servers compute the blocks.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"
#include "tests/matching.h"
#include "tests/rpc_server.h"

namespace contrans {
namespace {

using testing::LocalRpcServer;
using testing::ProgramResult;
using testing::read_bytes;
using testing::RunningProgram;
using testing::Workbench;

/// One line "contrans: …" that holds all parts, nothing on stdout.
void expect_refused(const ProgramResult& result, int exit_code, const std::vector<std::string>& parts) {
    EXPECT_EQ(result.exit_code, exit_code) << result.error;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.error.starts_with("contrans: ")) << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    for (const std::string& part : parts) EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
}

std::vector<float> npy_values(const std::filesystem::path& file) {
    const std::string bytes = read_bytes(file);
    EXPECT_GT(bytes.size(), 128U) << file;
    const std::size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256 * static_cast<std::size_t>(bytes[9]);
    std::vector<float> values((bytes.size() - header) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + header, values.size() * sizeof(float));
    return values;
}

const std::string kGenerate = "generate --model target.gguf --prompt Hello --max-tokens 20 ";

TEST(Rpc, OneServerOrTwoGiveTheLocalText) {
    const Workbench bench;
    const LocalRpcServer first;
    const LocalRpcServer second;
    const std::string steered = kGenerate + "--vector vector.gguf=2 ";
    const ProgramResult local = bench.run("--quiet " + steered);
    ASSERT_EQ(local.exit_code, 0) << local.error;
    for (const std::string& servers :
         {first.address(), first.address() + "," + second.address(), first.address() + " --rpc " + second.address(),
          first.address() + " --gpu-layers 2"}) {
        const ProgramResult through = bench.run("--quiet " + steered + "--rpc " + servers);
        EXPECT_EQ(through.exit_code, 0) << through.error;
        EXPECT_EQ(through.out, local.out) << servers;
        EXPECT_EQ(bench.run("--quiet --rpc " + servers + " " + steered).out, local.out) << "before the subcommand";
    }
}

TEST(Rpc, HarvestStoresTheLocalStates) {
    const Workbench bench;
    const LocalRpcServer server;
    const std::string harvest = "--quiet harvest --model source.gguf --texts corpus.txt --position all --out ";
    ASSERT_EQ(bench.run(harvest + "here").exit_code, 0);
    const ProgramResult there = bench.run(harvest + "there --rpc " + server.address());
    ASSERT_EQ(there.exit_code, 0) << there.error;
    for (const std::string layer : {"0", "1", "2"}) {
        const std::string file = "shard-00000.layer-" + layer + ".npy";
        const std::vector<float> here = npy_values(bench / ("here/" + file));
        const std::vector<float> through = npy_values(bench / ("there/" + file));
        // As in tests/runtime: the same f32 kernels, but for where the graph is cut.
        EXPECT_TRUE(testing::all_close(std::span<const float>(through), std::span<const float>(here), 1e-5, 0));
    }
    // A store of one way of computing is not continued by another.
    EXPECT_EQ(bench.run(harvest + "here --rpc " + server.address()).exit_code, 2);
}

TEST(Rpc, TwoModelsOfOneCommandShareAServer) {
    const Workbench bench;
    const LocalRpcServer server;
    const ProgramResult result =
        bench.run("--quiet map --source source.gguf --target target.gguf --corpus corpus.txt --out new.gguf --rpc " +
                  server.address());
    EXPECT_EQ(result.exit_code, 0) << result.error;
}

TEST(Rpc, WhatIsNoAddressIsWrongUsage) {
    const Workbench bench;
    for (const std::string text : {"nowhere", "host:", ":5", "host:0", "host:99999", "host:5,other", "[::1]:5"}) {
        expect_refused(bench.run("--quiet " + kGenerate + "--rpc " + text), 2, {"--rpc", "HOST:PORT"});
    }
    expect_refused(bench.run("--quiet " + kGenerate + "--rpc a:5,a:5"), 2, {"a:5", "twice"});
}

TEST(Rpc, AServerThatCannotBeReachedIsNamed) {
    const Workbench bench;
    const std::string nowhere = "127.0.0.1:" + std::to_string(testing::free_port());
    expect_refused(bench.run("--quiet " + kGenerate + "--rpc " + nowhere), 4, {nowhere, "refused", "ggml-rpc-server"});
}

TEST(Rpc, AServerThatGoesAwayInTheMiddleIsNamed) {
    const Workbench bench;
    std::string prompts;
    for (int i = 0; i < 400; ++i) prompts += "Once there was a ship of number " + std::to_string(i) + "\n";
    testing::write_bytes(bench / "prompts.txt", prompts);
    for (const bool two : {false, true}) {
        const LocalRpcServer first;
        LocalRpcServer last;
        const std::string servers = two ? first.address() + "," + last.address() : last.address();
        RunningProgram program(
            "--quiet --threads 1 generate --model target.gguf --prompts prompts.txt --max-tokens 400 "
            "--out texts.jsonl --rpc " +
                servers,
            {.folder = bench.path(), .out_file = "", .file_limit = {}});
        ASSERT_TRUE(last.wait_for_connections(2));  // the first asks whether it is there
        last.kill();
        expect_refused(program.wait(), 4, {last.address(), "in the middle", "start ggml-rpc-server"});
        EXPECT_FALSE(bench.files().contains("texts.jsonl"));
    }
}

}  // namespace
}  // namespace contrans
