// A rollout over two llama-servers, llama.cpp's own, one of them with a control vector that contrans wrote.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <stdexcept>

#include "gtest/gtest.h"
#include "tests/gateway/gateway_bench.h"
#include "tests/rollout/plan_text.h"
#include "tests/runtime/chat_template_with_tools.h"
#include "tests/server/serving_bench.h"
#include "tests/tiny_model.h"

namespace contrans {
namespace {

using nlohmann::json;
using namespace testing;  // NOLINT(google-build-using-namespace): all of it is for these tests

/// A port that nobody listens on.
std::string free_port() {
    const std::string address = server::address_of(server::listen_on("127.0.0.1", 0));
    return address.substr(address.rfind(':') + 1);
}

/// llama-server on a port of 127.0.0.1 with one thread. Dies with the test, whatever ends that.
class LlamaServer {
public:
    /// Returns when it is ready. Throws std::runtime_error when it is not within half a minute.
    LlamaServer(const std::filesystem::path& model, const std::filesystem::path& output,
                const std::vector<std::string>& more = {})
        : port_(free_port()) {
        std::vector<std::string> words = {CONTRANS_LLAMA_SERVER,
                                          "-m",
                                          model,
                                          "--host",
                                          "127.0.0.1",
                                          "--port",
                                          port_,
                                          "-t",
                                          "1",
                                          "-np",
                                          "2",
                                          "-c",
                                          "512",
                                          "--no-ui"};
        words.insert(words.end(), more.begin(), more.end());
        start(words, output);
        if (!becomes([&] { return is_ready(); })) throw std::runtime_error("llama-server: " + read_bytes(output));
    }
    ~LlamaServer() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    LlamaServer(const LlamaServer&) = delete;
    LlamaServer& operator=(const LlamaServer&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + port_; }
    [[nodiscard]] std::string url() const { return "http://" + address(); }

private:
    void start(std::vector<std::string>& words, const std::string& output) {
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        process_ = ::fork();
        if (process_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
        ::dup2(file, STDOUT_FILENO);
        ::dup2(file, STDERR_FILENO);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    [[nodiscard]] bool is_ready() const {
        try {
            return ask(address(), "GET", "/health").status == 200;
        } catch (const std::exception&) {
            return false;  // nobody listens yet
        }
    }

    std::string port_;
    pid_t process_ = -1;
};

/// With room for answers that are long enough to be ended in the middle.
std::filesystem::path write_model(const std::filesystem::path& file) {
    TinyModel model;
    model.chat_template = kChatTemplateWithTools;
    model.context = 32768;
    return write_tiny_model(file, model);
}

class LlamaServerTest : public ::testing::Test {
protected:
    std::string text_of(const json& answer) const { return answer["choices"][0]["text"]; }
    json complete(const GatewayBench& bench, const json& fields = json::object()) const {
        return bench.post("/v1/completions", completion_body(fields)).json();
    }
    std::string direct(const LlamaServer& engine) const {
        return text_of(ask(engine.address(), "POST", "/v1/completions", completion_body().dump()).json());
    }

    ServingFolder folder_;
    std::filesystem::path model_ = write_model(folder_ / "long.gguf");
    // The file holds the vector at its usual dose, here 0.5: a scale of 1.
    LlamaServer plain_{model_, folder_ / "plain.log"};
    LlamaServer happy_{
        model_, folder_ / "happy.log", {"--control-vector-scaled", (folder_ / "vectors/happy.gguf").string() + ":1"}};
};

TEST_F(LlamaServerTest, a_rollout_is_split_promoted_and_taken_back) {
    const std::string plain_text = direct(plain_);
    const std::string happy_text = direct(happy_);
    ASSERT_NE(plain_text, happy_text) << "the vector changes what it writes";
    GatewayBench bench(
        upstreams_json({engine_json("plain", plain_.url()), engine_json("happy", happy_.url(), happy_mix())}));
    EXPECT_EQ(bench.get("/health", "").json()["status"], "ok");
    EXPECT_EQ(text_of(complete(bench)), plain_text);
    EXPECT_EQ(text_of(complete(bench, {{"concepts", {"happy"}}})), happy_text);

    auto plan = plan_json("half");
    plan["stages"] = json::parse(R"([{"percent": 50}, {"percent": 100}])");
    plan["gates"] = json::parse(R"([{"metric": "error", "margin": 0.9}])");
    bench.begin(plan);
    std::map<std::string, std::size_t> arms;
    for (int i = 0; i < 40; ++i) {
        const json answer = complete(bench, {{"user", "user-" + std::to_string(i)}});
        const std::string arm = arm_of(answer);
        ++arms[arm];
        EXPECT_EQ(text_of(answer), arm == "treatment" ? happy_text : plain_text) << arm;
    }
    EXPECT_GT(arms["treatment"], 5U);
    EXPECT_GT(arms["control"], 5U);
    // Outcomes are written a moment after the last answer.
    EXPECT_TRUE(becomes([&] { return bench.step("half", "promote").status == 200; }))
        << bench.get("/v1/rollouts/half").body;
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(text_of(complete(bench, {{"user", "user-" + std::to_string(i)}})), happy_text);
    }
    EXPECT_EQ(bench.step("half", "rollback", kBob).json()["state"], "rolled_back");
    EXPECT_EQ(text_of(complete(bench, {{"user", "user-1"}})), plain_text);
}

TEST_F(LlamaServerTest, streams_of_chats_are_ours_and_counted) {
    GatewayBench bench(
        upstreams_json({engine_json("plain", plain_.url()), engine_json("happy", happy_.url(), happy_mix())}));
    const HttpAnswer answer = bench.chat({{"stream", true},
                                          {"max_tokens", 8},
                                          {"ignore_eos", true},
                                          {"temperature", 0},
                                          {"stream_options", {{"include_usage", true}}},
                                          {"concepts", {"happy"}}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.done_event_came()) << answer.body;
    json last;
    for (const json& event : answer.events()) {
        EXPECT_TRUE(event["id"].get<std::string>().starts_with("chatcmpl-")) << event;
        EXPECT_EQ(event["model"], "gemma");
        if (!event["choices"].empty() && event["choices"][0]["finish_reason"].is_string()) last = event;
    }
    EXPECT_EQ(last["contrans"]["ended"], "length") << answer.body;
    EXPECT_EQ(last["contrans"]["engine"], "happy");
    EXPECT_EQ(answer.events().back()["usage"]["completion_tokens"], 8);
    EXPECT_EQ(bench.post("/v1/chat/completions", {{"messages", 4}}).status, 400) << "its own words for a bad body";
    bench.stop();
    const auto requests = bench.audited("request");
    const auto counted = [](const AuditRecord& each) {
        return each.event.detail.find("generated_tokens=8 engine=happy") != std::string::npos;
    };
    EXPECT_EQ(std::ranges::count_if(requests, counted), 1) << requests.at(0).event.detail;
}

TEST_F(LlamaServerTest, taking_it_back_reaches_a_stream) {
    GatewayBench bench(
        upstreams_json({engine_json("plain", plain_.url()), engine_json("happy", happy_.url(), happy_mix())}));
    bench.begin(plan_json("calm"));
    Wire wire(bench.address());
    bench.begin_stream(wire, {{"max_tokens", 15'000}, {"ignore_eos", true}}, kAnna);
    ASSERT_FALSE(wire.read_some(1500).empty());
    EXPECT_EQ(bench.step("calm", "rollback", kBob).status, 200);
    const HttpAnswer answer = wire.read();
    EXPECT_TRUE(answer.done_event_came());
    EXPECT_EQ(answer.events().back()["contrans"]["ended"], "switched_off") << answer.events().back();
}

}  // namespace
}  // namespace contrans
