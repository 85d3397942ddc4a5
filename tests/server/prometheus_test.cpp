// A Prometheus as Debian ships it scrapes the server, and promtool reads its metrics.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ServingBench;

const std::string kKey = "aaaaaaaaaaaaaaaa";
const std::string kAnna = "Authorization: Bearer " + kKey + "\r\n";

struct CommandResult {
    int exit_code = -1;
    std::string out;
};

CommandResult run(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    CommandResult result;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result.out += static_cast<char>(c);
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

int free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(descriptor);
    return ntohs(address.sin_port);
}

/// A program in flight; ends with this.
class Started {
public:
    Started(std::vector<std::string> arguments, const std::string& log) : process_(::fork()) {
        if (process_ != 0) return;
        std::vector<char*> pointers;
        for (std::string& each : arguments) pointers.push_back(each.data());
        pointers.push_back(nullptr);
        if (std::freopen(log.c_str(), "w", stdout) != nullptr && ::dup2(1, 2) == 2)
            ::execv(pointers[0], pointers.data());
        ::_exit(127);
    }
    ~Started() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }
    Started(const Started&) = delete;
    Started& operator=(const Started&) = delete;

private:
    pid_t process_;
};

class PrometheusTest : public ::testing::Test {
protected:
    void SetUp() override {
        const CommandResult found = run("'" CONTRANS_SOURCE_DIR "/tests/server/prometheus_programs'");
        if (found.exit_code != 0) {
            GTEST_SKIP() << "no Debian prometheus here, and none to be had";
        }
        ASSERT_EQ(found.exit_code, 0);
        programs_ = found.out.substr(0, found.out.find('\n'));
        (void)bench_.post("/v1/completions", testing::completion_body({{"concepts", kHappy}}), kAnna);
        (void)bench_.post("/v1/completions", testing::completion_body({{"concepts", kHappy}}), kAnna);
        (void)bench_.post("/v1/completions", testing::completion_body(), kAnna);
    }
    [[nodiscard]] std::string config() const {
        return "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
               "scrape_configs:\n"
               "  - job_name: contrans\n"
               "    authorization: {credentials: " +
               kKey +
               "}\n"
               "    static_configs: [{targets: ['" +
               bench_.address() + "']}]\n";
    }
    /// The value of a query with one result; −1: there is none yet.
    static double query(const std::string& prometheus, const std::string& expression) {
        std::string encoded;
        for (const char c : expression) {
            char digits[4];
            std::snprintf(digits, sizeof digits, "%%%02X", static_cast<unsigned>(c));
            encoded += digits;
        }
        const json answer = testing::ask(prometheus, "GET", "/api/v1/query?query=" + encoded).json();
        if (!answer.is_object() || answer["status"] != "success" || answer["data"]["result"].size() != 1) return -1;
        return std::stod(answer["data"]["result"][0]["value"][1].get<std::string>());
    }
    /// Waits up to a minute.
    static bool shows(const std::string& prometheus, const std::string& expression, double value) {
        for (int looks = 0; looks < 300; ++looks) {
            try {
                if (query(prometheus, expression) == value) return true;
            } catch (const std::exception&) {  // not listening yet
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
        return false;
    }

    const json kHappy = json::array({{{"name", "happy"}, {"dose", 0.5}}});
    testing::TemporaryFolder folder_;
    ServingBench bench_{[](server::ServingOptions& options) {
        options.keys = server::ApiKeys::parse("administer " + kKey + " anna\n", "keys");
        options.monitor = server::Monitor::all;
    }};
    std::string programs_;
};

TEST_F(PrometheusTest, scrapes_the_server_with_a_key_and_counts_what_happened) {
    testing::write_bytes(folder_ / "prometheus.yml", config());
    const std::string address = "127.0.0.1:" + std::to_string(free_port());
    const std::string log = (folder_ / "log").string();
    const Started prometheus({programs_ + "/prometheus", "--config.file=" + (folder_ / "prometheus.yml").string(),
                              "--storage.tsdb.path=" + (folder_ / "data").string(), "--web.listen-address=" + address},
                             log);
    ASSERT_TRUE(shows(address, "up{job=\"contrans\"}", 1)) << testing::read_bytes(log);
    EXPECT_TRUE(shows(address, "contrans_concept_requests_total{concept=\"happy\"}", 2));
    EXPECT_TRUE(shows(address, "contrans_concept_requests_total{concept=\"\"}", 1));
    EXPECT_TRUE(shows(address, "contrans_requests_total{route=\"POST /v1/completions\",status=\"200\"}", 3));
    EXPECT_TRUE(shows(address, "contrans_concept_projection_count{concept=\"happy\"}", 2));
    EXPECT_TRUE(shows(address, "contrans_generated_tokens_total", 36));
}

TEST_F(PrometheusTest, promtool_finds_nothing_wrong_with_the_metrics) {
    testing::write_bytes(folder_ / "metrics", bench_.get("/metrics", kAnna).body);
    const CommandResult checked =
        run("'" + programs_ + "/promtool' check metrics <'" + (folder_ / "metrics").string() + "' 2>&1");
    EXPECT_EQ(checked.exit_code, 0) << checked.out;
    EXPECT_EQ(checked.out, "");
}

}  // namespace
}  // namespace contrans
