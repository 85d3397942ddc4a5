// Webhooks against servers that take, refuse, hang and babble.
#include "apps/server/webhooks.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <thread>

#include "apps/http/http_request.h"
#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/core/becomes.h"
#include "tests/core/expect_error.h"
#include "tests/judge/fake_endpoint.h"

namespace contrans::server {
namespace {

using namespace std::chrono_literals;
using contrans::testing::FakeEndpoint;
using contrans::testing::http_reply;
using contrans::testing::throws_error;
using Clock = std::chrono::steady_clock;

/// Takes connections, as far as the kernel does, and never a word.
class Silent {
public:
    Silent() : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {}
    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/secret";
    }

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
};

/// Lines of trouble, from any thread.
class Lines {
public:
    void add(const std::string& line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
    }
    [[nodiscard]] std::vector<std::string> all() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

class WebhooksTest : public ::testing::Test {
protected:
    WebhookOptions options(std::vector<std::string> urls) {
        WebhookOptions options;
        options.urls = std::move(urls);
        options.pause = 20ms;
        options.patience = 10s;
        options.parting = 300ms;
        options.on_trouble = [this](const std::string& line) { lines_.add(line); };
        return options;
    }

    Lines lines_;
    const Alert alert_{AlertEvent::rolled_back, "calm", "", "calm was rolled back by bob: complaints",
                       1'700'000'000'000'000};
};

TEST_F(WebhooksTest, get_what_happened_as_json) {
    FakeEndpoint endpoint([](std::size_t, const std::string&) { return http_reply(204, ""); });
    Webhooks webhooks(options({endpoint.url() + "/hook", endpoint.url()}));
    webhooks.send(alert_);
    EXPECT_TRUE(endpoint.requests().empty()) << "nobody knows yet who tells it";
    webhooks.begin("here 127.0.0.1:1");
    ASSERT_TRUE(contrans::testing::becomes([&] { return webhooks.counts().delivered == 2; }, 20s));
    const auto json = nlohmann::json::parse(endpoint.requests()[0]);
    EXPECT_EQ(json, nlohmann::json::parse(R"({"event": "rolled_back", "rollout": "calm", "gate": "",
        "text": "calm was rolled back by bob: complaints", "server": "here 127.0.0.1:1"})")
                        .patch(nlohmann::json::parse(R"([{"op": "add", "path": "/at", "value": ")" +
                                                     time_text(alert_.at) + "\"}]")));
    EXPECT_TRUE(lines_.all().empty());
}

TEST_F(WebhooksTest, try_again_what_may_pass) {
    FakeEndpoint endpoint([](std::size_t n, const std::string&) {
        return n == 0 ? http_reply(503, "") : n == 1 ? std::string("garbage\r\n\r\n") : http_reply(200, "ok");
    });
    Webhooks webhooks(options({endpoint.url()}));
    webhooks.begin("here");
    webhooks.send(alert_);
    ASSERT_TRUE(contrans::testing::becomes([&] { return webhooks.counts().delivered == 1; }, 20s));
    EXPECT_EQ(endpoint.requests().size(), 3U);
}

TEST_F(WebhooksTest, that_refuse_are_asked_once_and_that_fail_three_times_with_one_line_each) {
    FakeEndpoint refusing([](std::size_t, const std::string&) { return http_reply(404, ""); });
    FakeEndpoint babbling([](std::size_t, const std::string&) { return std::string(1000, 'x'); });
    const std::string dead = contrans::testing::dead_url();
    Webhooks webhooks(options({refusing.url(), babbling.url(), dead}));
    webhooks.begin("here");
    webhooks.send(alert_);
    ASSERT_TRUE(contrans::testing::becomes([&] { return webhooks.counts().failed == 3; }, 20s));
    EXPECT_EQ(refusing.requests().size(), 1U);
    EXPECT_EQ(babbling.requests().size(), 3U);
    EXPECT_EQ(lines_.all().size(), 3U);
}

TEST_F(WebhooksTest, that_hang_hold_up_nobody) {
    Silent silent;
    FakeEndpoint endpoint([](std::size_t, const std::string&) { return http_reply(200, ""); });
    const auto began = Clock::now();
    {
        auto hasty = options({silent.url(), endpoint.url()});
        hasty.patience = 3s;
        Webhooks webhooks(hasty);
        webhooks.begin("here");
        for (int i = 0; i < 250; ++i) webhooks.send(alert_);
        EXPECT_LT(Clock::now() - began, hasty.patience) << "sending waits for nobody";
        ASSERT_TRUE(contrans::testing::becomes([&] { return endpoint.requests().size() >= 100; }, 20s))
            << "the other URL goes on";
        EXPECT_GE(webhooks.counts().dropped, 100U);
        ASSERT_TRUE(contrans::testing::becomes([&] { return webhooks.counts().failed == 1; }, 20s));
        ASSERT_EQ(lines_.all().size(), 1U);
        EXPECT_NE(lines_.all()[0].find("no reply within 3"), std::string::npos) << lines_.all()[0];
        EXPECT_EQ(lines_.all()[0].find("secret"), std::string::npos) << "paths may be secret";
    }
    const auto ending = Clock::now();
    {
        auto patient = options({silent.url()});
        patient.patience = 60s;
        Webhooks webhooks(patient);
        webhooks.begin("here");
        webhooks.send(alert_);
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_LT(Clock::now() - ending, 20s) << "nor does the end";
}

TEST_F(WebhooksTest, send_what_waits_before_the_end) {
    FakeEndpoint endpoint([](std::size_t, const std::string&) { return http_reply(200, ""); });
    {
        auto patient = options({endpoint.url()});
        patient.parting = 20s;
        Webhooks webhooks(patient);
        webhooks.begin("here");
        for (int i = 0; i < 10; ++i) webhooks.send(alert_);
    }
    EXPECT_EQ(endpoint.requests().size(), 10U);
}

TEST_F(WebhooksTest, speak_no_tls_and_say_so) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"--webhook", "TLS", "relay", "https://hooks"},
                             [&] { Webhooks(options({"https://hooks"})); }));
    for (const char* url : {"ftp://a", "http://", "http://a:b", "http://user@host", "http://a/b c", "hooks"}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"--webhook"}, [&] { Webhooks(options({url})); })) << url;
    }
    EXPECT_EQ(parse_http_url("http://a/b/", "--webhook").path, "/b/") << "as written";
}

}  // namespace
}  // namespace contrans::server
