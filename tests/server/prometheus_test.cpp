// A Prometheus as Debian ships it scrapes the server, and promtool reads its metrics.
#include <chrono>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"
#include "tests/server/started_program.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ServingBench;

const std::string kKey = "aaaaaaaaaaaaaaaa";
const std::string kAnna = "Authorization: Bearer " + kKey + "\r\n";

class PrometheusTest : public ::testing::Test {
protected:
    void SetUp() override {
        programs_ = testing::debian_programs("prometheus", "prometheus promtool");
        if (programs_.empty()) {
            GTEST_SKIP() << "no Debian prometheus here, and none to be had";
        }
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
    const std::string address = "127.0.0.1:" + std::to_string(testing::free_port());
    const std::string log = (folder_ / "log").string();
    const testing::StartedProgram prometheus(
        {programs_ + "/prometheus", "--config.file=" + (folder_ / "prometheus.yml").string(),
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
    const testing::CommandResult checked = testing::run_command("'" + programs_ + "/promtool' check metrics <'" +
                                                                (folder_ / "metrics").string() + "' 2>&1");
    EXPECT_EQ(checked.exit_code, 0) << checked.out;
    EXPECT_EQ(checked.out, "");
}

}  // namespace
}  // namespace contrans
