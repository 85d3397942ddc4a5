// `contrans serve` as a program: its one line, its log, its end, and what it refuses to start with.
#include <algorithm>
#include <csignal>
#include <sstream>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/cli/program.h"
#include "tests/server/program_address.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::address_from;
using testing::ProgramResult;
using testing::ServingFolder;

const std::string kServe = "serve --threads 1 --model tiny.gguf --vectors vectors --port 0 ";

testing::ProgramSetup setup_in(const ServingFolder& folder) {
    testing::ProgramSetup setup;
    setup.folder = folder.path();
    setup.out_file = (folder / "out").string();
    return setup;
}

/// The log's first line with this status; null: there is none.
json line_of(const std::string& log, int status) {
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        json object = json::parse(line, nullptr, false);
        if (object.is_object() && object.value("status", 0) == status) return object;
    }
    return nullptr;
}

TEST(ServeProgram, says_where_it_listens_answers_logs_and_ends_when_told) {
    const ServingFolder folder;
    testing::RunningProgram program(kServe + "--alias gemma", setup_in(folder));
    const std::string address = address_from(folder / "out");
    ASSERT_TRUE(address.starts_with("127.0.0.1:")) << testing::read_bytes(folder / "out");
    json body = testing::completion_body({{"model", "gemma+happy@0.3"}, {"prompt", "A very secret sentence"}});
    EXPECT_EQ(
        testing::ask(address, "POST", "/v1/completions", body.dump(), "Authorization: Bearer a-secret-key\r\n").status,
        200);
    EXPECT_EQ(testing::ask(address, "POST", "/v1/completions", "{\"secret\"").status, 400);
    program.send(SIGTERM);
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(testing::read_bytes(folder / "out"), "listening on http://" + address + "\n");
    const json line = line_of(result.error, 200);  // an answer's line follows its last byte: either may come first
    ASSERT_TRUE(line.is_object()) << result.error;
    EXPECT_TRUE(line_of(result.error, 400).is_object()) << result.error;
    EXPECT_EQ(line["concepts"][0]["concept"], "happy");
    EXPECT_EQ(line["concepts"][0]["dose"], 0.3);
    EXPECT_EQ(line["generated_tokens"], 12);
    EXPECT_EQ(result.error.find("secret"), std::string::npos) << result.error;
}

const std::string kConfig =
    "# a server for tests\n"
    "model = \"tiny.gguf\"\nvectors = \"vectors\"\nport = 0\nalias = [\"gemma\", \"g\"]\nany-dose = true\nslots = 2\n"
    "monitor = true\nwebhook = [\"http://127.0.0.1:9\", \"http://127.0.0.1:9/b\"]\n";

TEST(ServeProgram, a_file_may_hold_the_options) {
    const ServingFolder folder;
    testing::write_bytes(folder / "serve.toml", kConfig);
    const ProgramResult checked =
        testing::run_program("--json serve --check-config --config serve.toml", setup_in(folder));
    EXPECT_EQ(checked.exit_code, 0) << checked.error;
    EXPECT_GT(json::parse(testing::read_bytes(folder / "out")).at("concepts"), 0);
    testing::RunningProgram program("--quiet serve --threads 1 --config serve.toml", setup_in(folder));
    const std::string address = address_from(folder / "out");
    // Any dose, by an alias.
    const json body = testing::completion_body({{"model", "g+happy@9"}, {"prompt", "A sentence"}});
    EXPECT_EQ(testing::ask(address, "POST", "/v1/completions", body.dump()).status, 200);
    program.send(SIGTERM);
    EXPECT_EQ(program.wait().exit_code, 0);
}

TEST(ServeProgram, a_broken_config_is_told_before_anything_starts) {
    const ServingFolder folder;
    struct Case {
        std::string text;
        int exit_code;
        std::string part;
    };
    for (const Case& broken :
         std::initializer_list<Case>{{"prt = 5\n", 3, "serve.toml: prt"},
                                     {"port = 99999\n", 3, "serve.toml: port"},
                                     {"port = 1\nport = 2\n", 3, "serve.toml: port"},
                                     {"any-dose = 7\n", 3, "true or false"},
                                     {"config = \"other.toml\"\n", 3, "serve.toml: config"},
                                     {"[serve]\nport = 1\n", 3, "serve.port"},
                                     {"slots = 1\n", 2, "--model"},
                                     {"model = \"tiny.gguf\"\nwebhook = [\"https://a\"]\n", 2, "relay"},
                                     {"model = \"nowhere.gguf\"\n", 3, "nowhere.gguf"}}) {
        testing::write_bytes(folder / "serve.toml", broken.text);
        const ProgramResult result =
            testing::run_program("--quiet serve --check-config --config serve.toml", setup_in(folder));
        EXPECT_EQ(result.exit_code, broken.exit_code) << broken.text << result.error;
        EXPECT_NE(result.error.find(broken.part), std::string::npos) << broken.text << result.error;
        EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    }
    EXPECT_EQ(testing::run_program("--quiet serve --config nowhere.toml", setup_in(folder)).exit_code, 3);
}

TEST(ServeProgram, reads_keys_and_vectors_anew_on_sighup) {
    const ServingFolder folder;
    testing::write_bytes(folder / "keys", "load 0123456789abcdef old\n");
    testing::RunningProgram program(kServe + "--api-key-file keys", setup_in(folder));
    const std::string address = address_from(folder / "out");
    const auto status = [&](const std::string& path, const std::string& key) {
        return testing::ask(address, "GET", path, "", "Authorization: Bearer " + key + "\r\n").status;
    };
    const auto becomes = [&](int wanted, const std::string& path, const std::string& key) {
        for (int looks = 0; looks < 300 && status(path, key) != wanted; ++looks) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return status(path, key) == wanted;
    };
    ASSERT_EQ(status("/v1/concepts/loud", "0123456789abcdef"), 200);
    testing::write_bytes(folder / "keys", "load fedcba9876543210 new\n");
    std::filesystem::copy_file(folder / "vectors/happy.gguf", folder / "vectors/glad.gguf");
    std::filesystem::remove(folder / "vectors/loud.gguf");
    program.send(SIGHUP);
    EXPECT_TRUE(becomes(200, "/v1/concepts/glad", "fedcba9876543210"));
    EXPECT_EQ(status("/v1/concepts/loud", "fedcba9876543210"), 404);
    EXPECT_EQ(status("/v1/concepts/glad", "0123456789abcdef"), 401);
    // What cannot be read changes nothing.
    testing::write_bytes(folder / "vectors/words.gguf", "no vector");
    testing::write_bytes(folder / "keys", "load 0123456789abcdef old\n");
    program.send(SIGHUP);
    std::this_thread::sleep_for(std::chrono::seconds(4));  // nothing is seen of it from outside
    EXPECT_EQ(status("/v1/concepts/glad", "fedcba9876543210"), 200);
    program.send(SIGTERM);
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE(result.error.find("1 vectors loaded, 1 unloaded, keys read"), std::string::npos) << result.error;
    EXPECT_NE(result.error.find("not reloaded"), std::string::npos) << result.error;
    EXPECT_EQ(result.error.find("fedcba"), std::string::npos) << "keys stay out of the log";
}

TEST(ServeProgram, refuses_to_start_with_what_does_not_fit) {
    const ServingFolder folder;
    testing::write_bytes(folder / "keys", "king 12345678901234567890\n");
    struct Case {
        std::string arguments;
        int exit_code;
        std::string part;
    };
    for (const Case& refused :
         std::initializer_list<Case>{{"serve --vectors vectors", 2, "--model"},
                                     {"serve --model nowhere.gguf --vectors vectors", 3, "nowhere.gguf"},
                                     {"serve --model tiny.gguf --vectors nowhere", 3, "nowhere"},
                                     {"serve --model tiny.gguf --vectors strange", 4, "Tiny other"},
                                     {kServe + "--port 99999", 2, "--port"},
                                     {kServe + "--slots 0", 2, "--slots"},
                                     {kServe + "--ctx 1", 2, "--ctx"},
                                     {kServe + "--host 192.0.2.1", 2, "192.0.2.1"},
                                     {kServe + "--api-key-file keys", 3, "keys:1"},
                                     {kServe + "--api-key-file nowhere", 3, "nowhere"},
                                     {kServe + "--layer-numbering strange", 2, "strange"}}) {
        const ProgramResult result = testing::run_program("--quiet " + refused.arguments, setup_in(folder));
        EXPECT_EQ(result.exit_code, refused.exit_code) << refused.arguments << ": " << result.error;
        EXPECT_NE(result.error.find(refused.part), std::string::npos) << refused.arguments << ": " << result.error;
        EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
        EXPECT_EQ(testing::read_bytes(folder / "out"), "");
    }
}

}  // namespace
}  // namespace contrans
