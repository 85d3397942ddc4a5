// A server that is killed in the middle of its work: the registry and its audit log hold, and every change that was
// acknowledged is there.
#include <csignal>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "contrans/core/error.h"
#include "contrans/registry/audit_check.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_location.h"
#include "contrans/registry/rollout_store.h"
#include "gtest/gtest.h"
#include "tests/cli/program.h"
#include "tests/rollout/plan_text.h"
#include "tests/server/program_address.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::address_from;
using testing::ask;
using testing::plan_json;
using testing::ServingFolder;

constexpr int kKills = 50;

/// What clients were told is done.
struct Acknowledged {
    std::mutex mutex;
    std::vector<std::string> rolled_back;  ///< rollouts
    std::size_t loads = 0;                 ///< of concepts
    std::size_t answers = 0;

    std::size_t loads_so_far() {
        const std::lock_guard lock(mutex);
        return loads;
    }
    template <class Change>
    void note(const Change& change) {
        const std::lock_guard lock(mutex);
        change();
    }
};

/// A status of 0 for a server that is gone.
testing::HttpAnswer asked(const std::string& address, const std::string& path, const json& body) {
    try {
        return ask(address, "POST", path, body.dump());
    } catch (const std::runtime_error&) {
        return {};
    }
}

/// Answers of users in and out of rollouts, with ratings, until the server is gone.
void keep_asking(const std::string& address, int client, Acknowledged& done) {
    for (int i = 0;; ++i) {
        const std::string user = std::to_string(client) + "-" + std::to_string(i);
        json body = testing::completion_body({{"user", user}, {"max_tokens", 4}});
        if (i % 3 == 0) body["concepts"] = json::array({{{"name", "polite"}, {"dose", 0.3}}});
        const auto answer = asked(address, "/v1/completions", body);
        if (answer.status != 200) return;
        done.note([&] { ++done.answers; });
        if (!answer.json()["contrans"].contains("rollout")) continue;
        const json feedback = {{"id", answer.json()["id"]}, {"thumbs", i % 2 == 0 ? "up" : "down"}};
        (void)asked(address, "/v1/feedback", feedback);
    }
}

/// One rollout after the other, and concepts loaded anew, until the server is gone.
void keep_changing(const std::string& address, int round, Acknowledged& done) {
    const auto post = [&](const std::string& path, const json& body) { return asked(address, path, body).status; };
    for (int i = 0;; ++i) {
        const std::string name = "r" + std::to_string(round) + "-" + std::to_string(i);
        auto plan = plan_json(name);
        plan["stages"] = json::parse(R"([{"percent": 50}])");
        plan["on_alarm"] = "tell";
        if (post("/v1/rollouts", plan) != 200) return;
        if (post("/v1/rollouts/" + name, {{"step", "start"}}) != 200) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (post("/v1/concepts", {{"file", "happy.gguf"}, {"name", "again"}}) != 201) return;
        done.note([&] { ++done.loads; });
        if (post("/v1/rollouts/" + name, {{"step", "rollback"}}) != 200) return;
        done.note([&] { done.rolled_back.push_back(name); });
    }
}

/// Ends what a server that was killed left running: two on one key are refused.
void clear_up(const std::filesystem::path& registry) {
    RolloutStore store(Database(registry_backend(registry, OpenMode::existing)));
    (void)store.roll_back_all("test", "the server was killed");
}

void serve_and_be_killed(const ServingFolder& folder, int round, std::chrono::milliseconds life, Acknowledged& done) {
    testing::ProgramSetup setup;
    setup.folder = folder.path();
    setup.out_file = (folder / ("out" + std::to_string(round))).string();
    testing::RunningProgram program(
        "--quiet serve --threads 1 --model tiny.gguf --vectors vectors --port 0 --registry shared", setup);
    const std::string address = address_from(setup.out_file);
    ASSERT_TRUE(address.starts_with("127.0.0.1:"));
    const std::size_t loads_before = done.loads_so_far();
    std::vector<std::jthread> clients;
    for (int client = 0; client < 3; ++client) {
        clients.emplace_back([&, client] { keep_asking(address, 10 * round + client, done); });
    }
    clients.emplace_back([&] { keep_changing(address, round, done); });
    // Not before something was acknowledged, however busy the machine is.
    for (int looks = 0; looks < 3000 && done.loads_so_far() == loads_before; ++looks) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::this_thread::sleep_for(life);
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().exit_code, 128 + SIGKILL);
}

void expect_whole(const std::filesystem::path& folder, const Acknowledged& done) {
    Registry registry(folder, {OpenMode::existing, "test"});
    EXPECT_EQ(registry.damage(), std::vector<std::string>{});
    std::size_t loads = 0;
    registry.database().read([&](soci::session& session) {
        const AuditCheck check = check_audit(session);
        EXPECT_TRUE(check.holds()) << check.problems.front();
        AuditFilter filter;
        filter.action = "concept.load";
        filter.subject = "again";
        read_audit(session, filter, [&](const AuditRecord&) { ++loads; });
    });
    EXPECT_GE(loads, done.loads);
    RolloutStore store(Database(registry_backend(folder, OpenMode::existing)));
    for (const std::string& name : done.rolled_back) {
        EXPECT_EQ(store.show(name).state, RolloutState::rolled_back) << name;
        EXPECT_EQ(store.show(name).changed_by, "anybody") << name;
    }
}

TEST(KilledServer, loses_no_change_that_was_acknowledged) {
    const ServingFolder folder;
    std::mt19937 random(11);
    Acknowledged done;
    for (int round = 0; round < kKills; ++round) {
        serve_and_be_killed(folder, round, std::chrono::milliseconds(random() % 200), done);
        expect_whole(folder / "shared", done);
        clear_up(folder / "shared");
        if (HasFailure()) break;
    }
    EXPECT_GE(done.loads, static_cast<std::size_t>(kKills));
    EXPECT_FALSE(done.rolled_back.empty());
    EXPECT_GT(done.answers, static_cast<std::size_t>(kKills));
}

}  // namespace
}  // namespace contrans
