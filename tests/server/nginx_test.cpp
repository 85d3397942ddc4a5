// Several servers behind nginx with the lines that docs/operate.md gives, sharing one registry.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "contrans/registry/audit_log.h"
#include "contrans/registry/registry.h"
#include "gtest/gtest.h"
#include "tests/rollout/plan_text.h"
#include "tests/server/serving_bench.h"
#include "tests/server/started_program.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::completion_body;
using testing::HttpAnswer;
using testing::ServingBench;

const std::string kAnna = "Authorization: Bearer aaaaaaaaaaaaaaaa\r\n";

void replace(std::string& text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what << " in " << text;
    text.replace(at, what.size(), by);
}

class BehindNginx : public ::testing::Test {
protected:
    void SetUp() override {
        const std::string programs = testing::debian_programs("nginx", "nginx");
        if (programs.empty()) {
            GTEST_SKIP() << "no Debian nginx here, and none to be had";
        }
        testing::write_bytes(folder_ / "nginx.conf", config());
        nginx_ = std::make_unique<testing::StartedProgram>(
            std::vector<std::string>{programs + "/nginx", "-p", folder_.path().string(), "-c", "nginx.conf", "-e",
                                     "log"},
            (folder_ / "out").string());
        ASSERT_TRUE(answers()) << testing::read_bytes(folder_ / "log") << testing::read_bytes(folder_ / "out");
    }
    /// The documented lines, with these servers in the place of those.
    std::string config() {
        const std::string docs = testing::read_bytes(CONTRANS_SOURCE_DIR "/docs/operate.md");
        const std::size_t begin = docs.find("    upstream contrans {");
        std::string lines = docs.substr(begin, docs.find("\n\n", begin) - begin);
        replace(lines, "10.0.0.1:8080", one_.address());
        replace(lines, "10.0.0.2:8080", other_.address());
        replace(lines, "server { location", "server { listen " + address_ + "; location");
        return "daemon off; pid pid; events {}\nhttp { access_log off; client_body_temp_path body; proxy_temp_path "
               "proxy;\n"
               "fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n" +
               lines + "\n}\n";
    }
    [[nodiscard]] bool answers() const {
        for (int looks = 0; looks < 300; ++looks) {
            try {
                if (ask("GET", "/health").status == 200) return true;
            } catch (const std::exception&) {  // not listening yet
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return false;
    }
    [[nodiscard]] HttpAnswer ask(const std::string& method, const std::string& path, const json& body = nullptr) const {
        return testing::ask(address_, method, path, body.is_null() ? "" : body.dump(), kAnna);
    }
    void begin(const nlohmann::ordered_json& plan) const {
        ASSERT_EQ(ask("POST", "/v1/rollouts", plan).status, 200);
        ASSERT_EQ(ask("POST", "/v1/rollouts/calm", {{"step", "start"}}).status, 200);
    }
    /// Both servers look every kRolloutPoll.
    [[nodiscard]] bool both_serve(const std::string& arm) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        const auto gives = [&](const ServingBench& bench) {
            return arm_of(bench.post("/v1/completions", body(), kAnna)) == arm;
        };
        while (!gives(one_) || !gives(other_)) {
            if (std::chrono::steady_clock::now() > deadline) return false;
        }
        return true;
    }
    /// Asks for no completion, whose own steering might be switched off in the middle.
    [[nodiscard]] bool both_have_heard_of_the_end() const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        const auto serves = [](const ServingBench& bench) {
            return bench.get("/v1/rollouts/calm", kAnna).json().at("here").at("served").get<bool>();
        };
        while (serves(one_) || serves(other_)) {
            if (std::chrono::steady_clock::now() > deadline) return false;
        }
        return true;
    }
    static json body(const json& fields = json::object()) {
        json all = {{"max_tokens", 1}, {"user", "u1"}};
        all.update(fields);
        return completion_body(all);
    }
    static std::string arm_of(const HttpAnswer& answer) {
        const json about = answer.json().at("contrans");
        return about.contains("rollout") ? about["rollout"]["arm"].get<std::string>() : "none";
    }
    std::unique_ptr<ServingBench> serve() {
        return std::make_unique<ServingBench>([&](server::ServingOptions& options) {
            options.registry = folder_ / "registry";
            options.keys = server::ApiKeys::parse("administer aaaaaaaaaaaaaaaa anna\n", "keys");
            options.scheduler.context_tokens = 8192;  // an answer that takes seconds
        });
    }

    testing::TemporaryFolder folder_;
    std::unique_ptr<ServingBench> first_ = serve(), second_ = serve();
    const ServingBench& one_ = *first_;
    const ServingBench& other_ = *second_;
    const std::string address_ = "127.0.0.1:" + std::to_string(testing::free_port());
    std::unique_ptr<testing::StartedProgram> nginx_;
};

TEST_F(BehindNginx, a_user_has_one_arm_whichever_server_answers) {
    auto plan = testing::plan_json("calm");
    plan["stages"] = json::parse(R"([{"percent": 50}, {"percent": 100}])");
    begin(plan);
    const std::string arm = arm_of(one_.post("/v1/completions", body(), kAnna));
    ASSERT_TRUE(both_serve(arm == "none" ? "treatment" : arm));
    for (int i = 0; i < 8; ++i) {
        const json user = body({{"user", "user-" + std::to_string(i / 2)}});
        const HttpAnswer through = ask("POST", "/v1/completions", user);
        EXPECT_EQ(arm_of(through), arm_of(one_.post("/v1/completions", user, kAnna)));
        EXPECT_EQ(ask("POST", "/v1/feedback", {{"id", through.json()["id"]}, {"thumbs", "up"}}).status, 200)
            << "wherever the rating goes";
        if (i % 2 == 0) (void)ask("GET", "/health");  // nginx goes round: the next goes to the other
    }
    const auto served = [](const ServingBench& bench) {
        return bench.get("/metrics", kAnna).body.find("route=\"POST /v1/feedback\",status=\"200\"") !=
               std::string::npos;
    };
    EXPECT_TRUE(served(one_) && served(other_)) << "nginx asks both";
}

TEST_F(BehindNginx, a_roll_back_reaches_a_stream_on_either_server) {
    begin(testing::plan_json("calm"));
    ASSERT_TRUE(both_serve("treatment"));
    testing::Wire stream(address_);
    const json long_one = completion_body({{"max_tokens", 8000}, {"stream", true}, {"ignore_eos", true}});
    ASSERT_TRUE(stream.send(testing::request_text("POST", "/v1/completions", long_one.dump(), kAnna)));
    const std::size_t read = stream.read_some(1500).size();
    ASSERT_EQ(ask("POST", "/v1/rollouts/calm", {{"step", "rollback"}}).status, 200);
    ASSERT_TRUE(both_have_heard_of_the_end());
    EXPECT_GT(stream.read_some(read + 3000).size(), read) << "it goes on unsteered";
    stream.close();
    first_.reset();
    second_.reset();
    std::size_t switched_off = 0;
    Registry registry(folder_ / "registry", {OpenMode::existing, "test"});
    registry.database().read([&](soci::session& session) {
        read_audit(session, {}, [&](const AuditRecord& record) {
            switched_off += record.event.detail.find("switched_off_at=") != std::string::npos ? 1U : 0U;
        });
    });
    EXPECT_EQ(switched_off, 1U);
}

}  // namespace
}  // namespace contrans
