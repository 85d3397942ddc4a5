// The server with a real model, driven by the clients that people use: OpenAI's own for Python, and curl.
#include <sys/wait.h>

#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/program.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using nlohmann::json;

struct CommandResult {
    int exit_code = -1;
    std::string output;  // both streams
};

CommandResult run(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    CommandResult result;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result.output += static_cast<char>(c);
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

std::string last_line(const std::string& text) {
    const std::string all = text.substr(0, text.find_last_not_of('\n') + 1);
    return all.substr(all.find_last_of('\n') + 1);
}

const std::string kKey = "a-key-for-this-test-alone";

/// `contrans serve` with SmolLM2 and one vector, "push", while this lives.
class RealServer : public ::testing::Test {
protected:
    void SetUp() override {
        const CommandResult model = run("'" CONTRANS_SOURCE_DIR "/scripts/fetch-models' smollm2");
        ASSERT_EQ(model.exit_code, 0) << model.output;
        write_files(last_line(model.output));
        testing::ProgramSetup setup;
        setup.folder = folder_.path();
        setup.out_file = (folder_ / "out").string();
        program_.emplace("serve --model " + last_line(model.output) +
                             " --alias small --vectors vectors --port 0 --api-key-file keys --ctx 2048 --threads 1",
                         setup);
        wait_for_url();
    }

    void write_files(const std::string& model) {
        std::filesystem::create_directories(folder_ / "vectors");
        testing::write_bytes(folder_ / "keys", "administer " + kKey + " tester\n");
        ControlVector vector;
        vector.target = read_model_identity(model);
        vector.provenance = TransplantProvenance{};
        vector.provenance->concept_name = "push";
        vector.provenance->source = *vector.target;
        std::mt19937 random(3);
        std::normal_distribution<float> normal(0, 3);
        std::vector<float> offset(vector.target->d_model);
        for (float& value : offset) value = normal(random);
        vector.layers = {{LayerIndex{15}, std::move(offset), 0.5, 1.0, 100.0}};
        write_control_vector(vector, folder_ / "vectors/push.gguf");
    }

    void wait_for_url() {
        std::string line;
        for (int looks = 0; looks < 1200 && !line.ends_with('\n'); ++looks) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            line = testing::read_bytes(folder_ / "out");
        }
        const std::size_t at = line.find("http://");
        ASSERT_NE(at, std::string::npos) << line;
        url_ = line.substr(at, line.size() - at - 1);
    }

    testing::TemporaryFolder folder_;
    std::optional<testing::RunningProgram> program_;
    std::string url_;
};

TEST_F(RealServer, openais_client_works_unchanged) {
    const CommandResult python = run("'" CONTRANS_SOURCE_DIR "/tests/server/openai_python'");
    ASSERT_EQ(python.exit_code, 0) << python.output;
    const CommandResult got =
        run(last_line(python.output) + " '" CONTRANS_SOURCE_DIR "/tests/server/openai_client.py' " + url_ + "/v1 " +
            kKey + " push");
    EXPECT_EQ(got.exit_code, 0) << got.output;
    EXPECT_EQ(last_line(got.output), "many_at_once") << got.output;
}

TEST_F(RealServer, curl_works_unchanged) {
    const std::string curl = "curl --silent --show-error --max-time 60 -H 'Authorization: Bearer " + kKey +
                             "' -H 'Content-Type: application/json' " + url_;
    const CommandResult whole = run(curl + R"(/v1/chat/completions -d '{"model": "small+push@0.5", "max_tokens": 8,
        "messages": [{"role": "user", "content": "Hello"}]}')");
    const json answer = json::parse(whole.output, nullptr, false);
    ASSERT_TRUE(answer.is_object()) << whole.output;
    EXPECT_EQ(answer["contrans"]["concepts"][0]["concept"], "push") << answer;
    const CommandResult streamed =
        run(curl + R"(/v1/completions -N -d '{"prompt": "Hello", "max_tokens": 8, "stream": true}')");
    EXPECT_TRUE(streamed.output.ends_with("data: [DONE]\n\n")) << streamed.output;
    // Larger than curl sends without asking first (Expect: 100-continue).
    testing::write_bytes(folder_ / "large.json", R"({"prompt": ")" + std::string(1'000'000, 'x') + "\"}");
    const CommandResult large =
        run(curl + "/v1/completions -o /dev/null -w '%{http_code}' -H 'Expect: 100-continue' -d '@" +
            (folder_ / "large.json").string() + "'");
    EXPECT_EQ(large.output, "400");
    EXPECT_EQ(run(curl + "/v1/concepts/push -X DELETE -o /dev/null -w '%{http_code}'").output, "200");
    EXPECT_EQ(run(curl + "/v1/concepts/push --head -o /dev/null -w '%{http_code}'").output, "405");
}

}  // namespace
}  // namespace contrans
