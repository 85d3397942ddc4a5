// What the audit log knows of a server: requests with their steering, concepts loaded and unloaded, begin and end.
#include "apps/server/serving_audit.h"

#include <algorithm>
#include <utility>

#include "contrans/registry/audit_check.h"
#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ServingBench;
using testing::TemporaryFolder;

std::vector<AuditRecord> records_of(const std::filesystem::path& folder, const std::string& action = "") {
    Registry registry(folder, {OpenMode::existing, "test"});
    std::vector<AuditRecord> records;
    registry.database().read([&](soci::session& session) {
        const AuditCheck check = check_audit(session);
        EXPECT_TRUE(check.holds()) << check.problems.front();
        AuditFilter filter;
        filter.action = action;
        read_audit(session, filter, [&](const AuditRecord& record) { records.push_back(record); });
    });
    return records;
}

/// Of a server that has ended; refused ones last, then by concepts: an answer is recorded after its last byte, when the
/// next may have been asked for, so their order in the log is not the clients'.
std::vector<AuditEvent> requests_of(const std::filesystem::path& folder) {
    std::vector<AuditEvent> requests;
    for (const AuditRecord& record : records_of(folder, "request")) requests.push_back(record.event);
    std::ranges::sort(requests, {},
                      [](const AuditEvent& event) { return std::pair(event.outcome == "refused", event.subject); });
    return requests;
}

class ServingAuditTest : public ::testing::Test {
protected:
    /// A server with this folder's registry, in which happy.gguf is version 1 of "happy".
    std::unique_ptr<ServingBench> serve(const std::function<void(server::ServingOptions&)>& change = {}) {
        return std::make_unique<ServingBench>([&](server::ServingOptions& options) {
            Registry registry(folder(), {OpenMode::create, "anna"});
            if (registry.list().empty()) (void)registry.add({"happy", {options.vectors / "happy.gguf"}, "", ""});
            options.registry = folder();
            options.actor = "operator";
            if (change) change(options);
        });
    }
    std::filesystem::path folder() const { return folder_ / "registry"; }

    TemporaryFolder folder_;
};

TEST_F(ServingAuditTest, records_each_request_with_its_steering_and_ends_with_all_of_them) {
    auto bench = serve();
    EXPECT_EQ(bench->complete().status, 200);
    const json two = {{{"name", "happy"}, {"dose", 0.25}}, {{"name", "polite"}, {"dose", -0.5}}};
    EXPECT_EQ(bench->complete({{"concepts", two}, {"prompt", "A very secret sentence"}}).status, 200);
    EXPECT_EQ(bench->complete({{"concepts", json::array({{{"name", "nobody"}}})}}).status, 400);
    EXPECT_EQ(bench->get("/v1/models").status, 200);
    bench.reset();

    const auto requests = requests_of(folder());
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].subject, "");
    EXPECT_EQ(requests[0].actor, "anybody");
    EXPECT_EQ(requests[0].outcome, "length");
    EXPECT_EQ(requests[1].subject, "happy;polite");
    EXPECT_EQ(requests[1].dose, "0.25;-0.5");
    EXPECT_TRUE(requests[1].version.starts_with("1;sha256:")) << requests[1].version;
    EXPECT_EQ(std::count(requests[1].layers.begin(), requests[1].layers.end(), ';'), 1);
    EXPECT_NE(requests[1].detail.find("generated_tokens=12"), std::string::npos) << requests[1].detail;
    EXPECT_EQ(requests[1].detail.find("secret"), std::string::npos);
    EXPECT_EQ(requests[2].outcome, "refused");
    EXPECT_EQ(records_of(folder()).back().event.action, "serve.end");
    EXPECT_EQ(records_of(folder(), "serve.start").front().event.actor, "operator");
    EXPECT_EQ(records_of(folder(), "concept.load").size(), 3U);
}

TEST_F(ServingAuditTest, names_keys_and_leaves_strangers_out) {
    auto bench = serve([](server::ServingOptions& options) {
        options.keys = server::ApiKeys::parse("load 0123456789abcdef support\n", "keys");
    });
    const std::string key = "Authorization: Bearer 0123456789abcdef\r\n";
    EXPECT_EQ(bench->post("/v1/completions", testing::completion_body(), key).status, 200);
    EXPECT_EQ(bench->complete().status, 401);
    EXPECT_EQ(bench->post("/v1/concepts", {{"file", "happy.gguf"}, {"name", "glad"}}, key).status, 201);
    // On the disk before the answer: seen while the server runs.
    const auto loads = records_of(folder(), "concept.load");
    ASSERT_EQ(loads.size(), 4U);
    EXPECT_EQ(loads.back().event.actor, "support");
    EXPECT_EQ(loads.back().event.subject, "glad");
    EXPECT_EQ(loads.back().event.version, "happy@1");
    EXPECT_EQ(testing::ask(bench->address(), "DELETE", "/v1/concepts/glad", "", key).status, 200);
    EXPECT_EQ(records_of(folder(), "concept.unload").size(), 1U);
    bench.reset();
    const auto requests = requests_of(folder());
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].actor, "support");
}

TEST_F(ServingAuditTest, keeps_prompts_only_where_told_to) {
    auto bench = serve([](server::ServingOptions& options) { options.audited_text = server::AuditedText::prompts; });
    EXPECT_EQ(bench->complete({{"prompt", "A sentence\nof two lines"}}).status, 200);
    EXPECT_EQ(bench->post("/v1/chat/completions", testing::chat_body()).status, 200);
    bench.reset();
    const auto requests = requests_of(folder());
    ASSERT_EQ(requests.size(), 2U);
    const auto shows = [](const std::string& text) {
        return [text](const AuditEvent& event) { return event.detail.find(text) != std::string::npos; };
    };
    EXPECT_EQ(std::ranges::count_if(requests, shows("prompt=A sentence\\x0aof two lines")), 1);
    EXPECT_EQ(std::ranges::count_if(requests, shows("prompt=")), 2);
}

TEST(RequestEvent, says_where_steering_was_switched_off) {
    server::RequestRecord record;
    record.status = 200;
    record.end = CompletionEnd{};
    const auto version = [](const std::string&, const std::string&) { return std::string("1"); };
    EXPECT_EQ(server::request_event(record, version).detail.find("switched_off"), std::string::npos);
    record.end->reason = FinishReason::switched_off;
    record.end->switched_off = true;
    record.end->switched_off_at = 3;
    const AuditEvent event = server::request_event(record, version);
    EXPECT_EQ(event.outcome, "switched_off");
    EXPECT_NE(event.detail.find(" switched_off_at=3"), std::string::npos) << event.detail;
}

TEST_F(ServingAuditTest, a_concept_is_not_loaded_where_that_cannot_be_recorded) {
    auto bench = serve();
    Registry registry(folder(), {OpenMode::existing, "test"});
    registry.database().write([&](soci::session&) {
        // SQLite waits 10 s for the lock, then the load is refused.
        EXPECT_GE(bench->post("/v1/concepts", {{"file", "happy.gguf"}, {"name", "glad"}}).status, 500);
    });
    EXPECT_EQ(bench->get("/v1/concepts/glad").status, 404);
    EXPECT_EQ(bench->complete().status, 200);
}

}  // namespace
}  // namespace contrans
