// GET /v1/audit and /v1/audit/verify.
#include <future>

#include "apps/server/request_error.h"
#include "apps/server/serving_audit.h"
#include "gtest/gtest.h"
#include "tests/registry/shelf_of_files.h"
#include "tests/server/expect_refusal.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::HttpAnswer;
using testing::refuses;
using testing::ServingBench;
using testing::tamper;

constexpr Microseconds kSecond = 1'000'000;

/// `count` records of "request" by anna and berta in turn, the first one at 1970-01-01T00:00:01Z, each a second later.
void append(Registry& registry, int count) {
    std::vector<TimedEvent> events;
    for (int i = 1; i <= count; ++i) {
        events.push_back(
            {i * kSecond, {i % 2 == 1 ? "anna" : "berta", "request", "happy", "1", "0.5", "2", "", "stop", ""}});
    }
    registry.database().write([&](soci::session& session) { append_audit(session, events); });
}

class AuditRouteTest : public ::testing::Test {
protected:
    explicit AuditRouteTest() { append(registry_, 5); }

    /// A server that goes on with the log: concept.load of its three concepts, and serve.start.
    std::unique_ptr<ServingBench> serve(const std::function<void(server::ServingOptions&)>& change = {}) {
        return std::make_unique<ServingBench>([&](server::ServingOptions& options) {
            options.registry = shelf_.registry_folder();
            options.actor = "operator";
            if (change) change(options);
        });
    }

    static std::vector<int> places(const HttpAnswer& answer) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<int> places;
        const json page = answer.json();
        for (const json& record : page.at("data")) places.push_back(record.at("place"));
        return places;
    }

    testing::ShelfOfFiles shelf_;
    Registry registry_ = shelf_.open();
};

TEST_F(AuditRouteTest, shows_the_newest_first_and_older_ones_on) {
    const auto bench = serve();
    EXPECT_EQ(places(bench->get("/v1/audit")), (std::vector<int>{9, 8, 7, 6, 5, 4, 3, 2, 1}));
    const json first = bench->get("/v1/audit?newest=6").json();
    EXPECT_TRUE(first.at("more"));
    EXPECT_EQ(first.at("data").back().at("place"), 4);
    const HttpAnswer rest = bench->get("/v1/audit?newest=6&up_to=3");
    EXPECT_EQ(places(rest), (std::vector<int>{3, 2, 1}));
    EXPECT_FALSE(rest.json().at("more"));
    EXPECT_FALSE(bench->get("/v1/audit?newest=9").json().at("more")) << "all of them";
}

TEST_F(AuditRouteTest, shows_every_field_as_export_writes_it) {
    const auto bench = serve();
    const json record = bench->get("/v1/audit?up_to=1").json().at("data").at(0);
    EXPECT_EQ(record.at("time"), "1970-01-01T00:00:01.000000Z");
    EXPECT_EQ(record.at("at"), kSecond);
    for (const auto& [field, value] : std::map<std::string, std::string>{{"actor", "anna"},
                                                                         {"action", "request"},
                                                                         {"concept", "happy"},
                                                                         {"version", "1"},
                                                                         {"dose", "0.5"},
                                                                         {"layers", "2"},
                                                                         {"rollout", ""},
                                                                         {"outcome", "stop"},
                                                                         {"detail", ""}}) {
        EXPECT_EQ(record.at(field), value) << field;
    }
    EXPECT_EQ(record.at("hash").get<std::string>().size(), 64U);
}

TEST_F(AuditRouteTest, filters) {
    const auto bench = serve();
    EXPECT_EQ(places(bench->get("/v1/audit?actor=berta")), (std::vector<int>{4, 2}));
    EXPECT_EQ(places(bench->get("/v1/audit?action=concept.")), (std::vector<int>{8, 7, 6}));
    EXPECT_EQ(places(bench->get("/v1/audit?action=serve.start")), std::vector<int>{9});
    EXPECT_EQ(places(bench->get("/v1/audit?concept=happy&action=request&newest=2")), (std::vector<int>{5, 4}));
    EXPECT_EQ(places(bench->get("/v1/audit?from=1970-01-01T00:00:02Z&before=1970-01-01T00:00:04Z")),
              (std::vector<int>{3, 2}));
    EXPECT_EQ(places(bench->get("/v1/audit?actor=nobody")), std::vector<int>{});
}

TEST_F(AuditRouteTest, refuses_parameters_it_does_not_know_or_cannot_read) {
    const auto bench = serve();
    for (const auto& [query, param] : std::map<std::string, std::string>{
             {"newest=0", "newest"}, {"before=soon", "before"}, {"page=2", "page"}, {"actor=a&actor=b", "actor"}}) {
        const HttpAnswer answer = bench->get("/v1/audit?" + query);
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_EQ(answer.error("param"), param);
    }
    EXPECT_EQ(bench->get("/v1/audit/verify?newest=1").error("param"), "newest");
}

TEST_F(AuditRouteTest, verifies_and_says_what_is_wrong) {
    const auto bench = serve();
    const json good = bench->get("/v1/audit/verify").json();
    EXPECT_TRUE(good.at("holds"));
    EXPECT_EQ(good.at("records"), 9);
    EXPECT_EQ(good.at("problems"), json::array());
    const json newest = bench->get("/v1/audit?newest=1").json().at("data").at(0);
    EXPECT_EQ(good.at("end"), "9:" + newest.at("hash").get<std::string>());
    tamper(registry_, "UPDATE audit SET dose = '0.1' WHERE place = 3");
    const json bad = bench->get("/v1/audit/verify").json();
    EXPECT_FALSE(bad.at("holds"));
    EXPECT_NE(bad.at("problems").at(0).get<std::string>().find("record 3"), std::string::npos) << bad;
}

TEST_F(AuditRouteTest, needs_the_key_of_an_administrator) {
    const auto bench = serve([](server::ServingOptions& options) {
        options.keys = server::ApiKeys::parse("load 0123456789abcdef\nadminister fedcba9876543210\n", "keys");
    });
    for (const char* path : {"/v1/audit", "/v1/audit/verify"}) {
        EXPECT_EQ(bench->get(path).status, 401) << path;
        EXPECT_EQ(bench->get(path, "Authorization: Bearer 0123456789abcdef\r\n").status, 403) << path;
        EXPECT_EQ(bench->get(path, "Authorization: Bearer fedcba9876543210\r\n").status, 200) << path;
    }
}

TEST(AuditRoute, without_a_registry_says_what_to_do) {
    const ServingBench bench;
    for (const char* path : {"/v1/audit", "/v1/audit/verify"}) {
        const HttpAnswer answer = bench.get(path);
        EXPECT_EQ(answer.status, 404);
        EXPECT_EQ(answer.error("code"), "no_registry");
        EXPECT_NE(answer.error("message").find("--registry"), std::string::npos);
    }
}

/// Holds a check at its first look.
class Held : public ProgressSink {
public:
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t) override {
        if (!looked_) began_.set_value();
        looked_ = true;
        go_on_.get_future().wait();
    }
    void end() override {}

    void wait_until_it_looks() { began_.get_future().wait(); }
    void release() { go_on_.set_value(); }

private:
    bool looked_ = false;
    std::promise<void> began_;
    std::promise<void> go_on_;
};

TEST_F(AuditRouteTest, one_check_at_a_time_and_reading_and_writing_go_on_beside_it) {
    append(registry_, 1000);
    server::ServingAudit audit(shelf_.registry_folder(), "operator", server::AuditedText::none, {});
    Held held;
    auto first = std::async(std::launch::async, [&] { return audit.check({&held, {}}); });
    held.wait_until_it_looks();
    EXPECT_TRUE(refuses({429, ""}, [&] { (void)audit.check({}); }));
    AuditFilter one;
    one.newest = 1;
    EXPECT_EQ(audit.newest(one).records.at(0).place, 1005);
    append(registry_, 1);
    EXPECT_EQ(audit.newest(one).records.at(0).place, 1006);
    held.release();
    EXPECT_EQ(first.get().records, 1005) << "of one moment";
    EXPECT_EQ(audit.check({}).records, 1006);
}

TEST_F(AuditRouteTest, a_check_for_which_nobody_waits_ends_and_the_next_one_may_begin) {
    append(registry_, 1000);
    server::ServingAudit audit(shelf_.registry_folder(), "operator", server::AuditedText::none, {});
    std::stop_source left;
    left.request_stop();
    EXPECT_THROW((void)audit.check({nullptr, left.get_token()}), Error);
    EXPECT_EQ(audit.check({}).records, 1005);
}

}  // namespace
}  // namespace contrans
