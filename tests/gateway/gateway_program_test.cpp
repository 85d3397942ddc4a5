// `contrans gateway` as a program: its one line, its end, and what it refuses to start with.
#include <csignal>
#include <fstream>

#include "gtest/gtest.h"
#include "tests/cli/program.h"
#include "tests/gateway/gateway_bench.h"
#include "tests/server/program_address.h"

namespace contrans {
namespace {

using nlohmann::json;
using namespace testing;  // NOLINT(google-build-using-namespace): all of it is for these tests

class GatewayProgram : public ::testing::Test {
protected:
    GatewayProgram() {
        std::ofstream(folder_ / "upstreams.json") << upstreams_json({engine_json("plain", engine_.url())});
        setup_.folder = folder_.path();
    }
    ProgramResult run(const std::string& arguments) const { return run_program("gateway " + arguments, setup_); }

    ScriptedEngine engine_{answering("plain words")};
    TemporaryFolder folder_;
    ProgramSetup setup_;
};

TEST_F(GatewayProgram, says_where_it_listens_reloads_on_SIGHUP_and_ends_when_told) {
    setup_.out_file = (folder_ / "out").string();
    RunningProgram program("gateway --upstreams upstreams.json --registry registry --port 0", setup_);
    const std::string address = address_from(folder_ / "out");
    ASSERT_TRUE(address.starts_with("127.0.0.1:")) << read_bytes(folder_ / "out");
    const std::string body = R"({"messages": [{"role": "user", "content": "Hello"}]})";
    EXPECT_EQ(ask(address, "POST", "/v1/chat/completions", body).status, 200);
    std::ofstream(folder_ / "upstreams.json") << upstreams_json({engine_json("renamed", engine_.url())});
    program.send(SIGHUP);
    EXPECT_TRUE(becomes(
        [&] { return ask(address, "GET", "/v1/models").json()["data"][0]["contrans"]["engine"] == "renamed"; }));
    program.send(SIGTERM);
    EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(GatewayProgram, checks_its_configuration) {
    EXPECT_EQ(run("--upstreams upstreams.json --check-config").exit_code, 0);
    const ProgramResult told = run("--upstreams upstreams.json --check-config --json");
    EXPECT_EQ(json::parse(told.out)["engines"], 1) << told.out;
    std::ofstream(folder_ / "gateway.toml") << "upstreams = \"upstreams.json\"\nport = 0\n";
    EXPECT_EQ(run("--config gateway.toml --check-config").exit_code, 0);
    EXPECT_EQ(run("--check-config").exit_code, 2);
    EXPECT_EQ(run("--upstreams upstreams.json --webhook ftp://x --check-config").exit_code, 2);
    EXPECT_EQ(run("--upstreams missing.json --check-config").exit_code, 3);
    std::ofstream(folder_ / "upstreams.json") << "{\"upstreams\": 1, \"model\": \"m\", \"engines\": []}";
    const ProgramResult refused = run("--upstreams upstreams.json");
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_NE(refused.error.find("upstreams.json: engines"), std::string::npos) << refused.error;
}

}  // namespace
}  // namespace contrans
