// The transport alone, with a handler that echoes.
#include "apps/server/http_server.h"

#include <atomic>
#include <thread>

#include "apps/server/error_answer.h"
#include "gtest/gtest.h"
#include "tests/core/becomes.h"
#include "tests/core/expect_error.h"
#include "tests/server/http_client.h"

namespace contrans::server {
namespace {

using namespace std::chrono_literals;
using testing::ask;
using testing::HttpAnswer;
using testing::request_text;
using testing::Wire;

std::atomic<int> held = 0;  // requests for "/hold" that have come
std::atomic<bool> let_go = false;
constexpr auto kLongest = 20s;  // of what comes at once, on a busy machine too

/// Once another one has come: then it counts as being answered.
void wait_until_held(int before) {
    for (int looks = 0; looks < 1000 && held == before; ++looks) std::this_thread::sleep_for(10ms);
}

/// Answers "/echo" with the body, "/stream" with three pieces, "/hold" once the client is gone, or it is let go.
void answer(Exchange& exchange) {
    const HttpRequest& request = exchange.request();
    if (request.path == "/stream") {
        exchange.begin({200, "", "text/plain"});
        for (const char* piece : {"one", "", "two", "three"}) exchange.send(piece);
        exchange.finish();
        return;
    }
    if (request.path == "/hold") ++held;
    for (int i = 0; request.path == "/hold" && i < 6000 && !let_go && !exchange.client_gone(); ++i)
        std::this_thread::sleep_for(10ms);
    exchange.respond({200, request.method + " " + request.path + " " + request.body, "text/plain"});
}

class HttpServerTest : public ::testing::Test {
protected:
    HttpServerTest() { let_go = false; }
    void start(HttpServerOptions options) {
        server_ =
            std::make_unique<HttpServer>(options, answer, [](const RequestError& e) { return error_response(e); });
        thread_ = std::jthread([this](const std::stop_token& stop) { server_->run(stop); });
    }
    void stop() {
        thread_.request_stop();
        thread_.join();
    }
    [[nodiscard]] std::string address() const { return server_->address(); }

    std::unique_ptr<HttpServer> server_;
    std::jthread thread_;
};

TEST_F(HttpServerTest, answers_several_requests_of_one_connection) {
    start({});
    Wire wire(address());
    wire.send(request_text("POST", "/echo", "a") + request_text("POST", "/echo", "b"));
    EXPECT_EQ(wire.read().body, "POST /echo a");
    EXPECT_EQ(wire.read().body, "POST /echo b");
    wire.send(request_text("POST", "/echo", "c"));
    const HttpAnswer third = wire.read();
    EXPECT_EQ(third.body, "POST /echo c");
    EXPECT_EQ(third.headers.at("connection"), "keep-alive");
    wire.send(request_text("GET", "/echo", "", "Connection: close\r\n"));
    EXPECT_EQ(wire.read().status, 200);
    EXPECT_TRUE(wire.closes_within(kLongest));
}

TEST_F(HttpServerTest, head_has_no_body) {
    start({});
    Wire wire(address());
    wire.send(request_text("HEAD", "/echo") + request_text("GET", "/echo", "", "Connection: close\r\n"));
    const std::string both = wire.read_some(100'000, kLongest);
    EXPECT_EQ(both.find("HEAD /echo"), std::string::npos);
    EXPECT_NE(both.find("GET /echo"), std::string::npos);
}

TEST_F(HttpServerTest, streams_in_chunks_and_to_older_clients_until_the_end) {
    start({});
    const HttpAnswer chunked = ask(address(), "GET", "/stream");
    EXPECT_EQ(chunked.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(chunked.body, "onetwothree");
    Wire old(address());
    old.send("GET /stream HTTP/1.0\r\n\r\n");
    const HttpAnswer plain = old.read();
    EXPECT_FALSE(plain.headers.contains("transfer-encoding"));
    EXPECT_EQ(plain.body, "onetwothree");
}

TEST_F(HttpServerTest, says_continue) {
    start({});
    Wire wire(address());
    wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(wire.read_some(12).starts_with("HTTP/1.1 100"));
    EXPECT_EQ(wire.read().status, 100);
    wire.send("hi");
    EXPECT_EQ(wire.read().body, "POST /echo hi");
}

TEST_F(HttpServerTest, refuses_what_is_no_request_and_closes) {
    start({.limits = {.header_bytes = 1024, .body_bytes = 10}});
    for (const auto& [text, status] : std::initializer_list<std::pair<std::string, int>>{
             {"nonsense\r\n\r\n", 400},
             {request_text("POST", "/echo", std::string(11, 'x')), 413},
             {request_text("GET", "/" + std::string(2000, 'x')), 431},
             {request_text("POST", "/echo", "", "Transfer-Encoding: gzip\r\n"), 501}}) {
        Wire wire(address());
        wire.send(text);
        const HttpAnswer got = wire.read();
        EXPECT_EQ(got.status, status) << text;
        EXPECT_EQ(got.error("type"), "invalid_request_error");
        EXPECT_TRUE(wire.closes_within(kLongest));
    }
    EXPECT_EQ(ask(address(), "GET", "/echo").status, 200);
}

TEST_F(HttpServerTest, a_client_that_trickles_is_ended_and_others_are_served) {
    start({.request_time = 400ms});
    Wire slow(address());
    slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    const auto began = Clock::now();
    // A byte every 20 ms, each well within any limit between bytes, for 20 s if it may.
    for (int i = 0; i < 1000 && slow.read_some(1, 20ms).empty(); ++i) slow.send("x");
    EXPECT_EQ(slow.read(kLongest).status, 408);
    EXPECT_LT(Clock::now() - began, 15s);
    EXPECT_EQ(ask(address(), "GET", "/echo").status, 200);
}

TEST_F(HttpServerTest, a_client_that_says_nothing_is_ended_without_a_word) {
    start({.idle_time = 200ms});
    Wire wire(address());
    EXPECT_EQ(wire.read(kLongest).status, 0);
    EXPECT_TRUE(wire.closes_within(kLongest));
}

TEST_F(HttpServerTest, full_of_slow_clients_a_new_one_displaces_the_slowest) {
    start({.connections = 3});
    std::vector<std::unique_ptr<Wire>> slow;
    for (int i = 0; i < 3; ++i) {
        slow.push_back(std::make_unique<Wire>(address()));
        slow.back()->send("POST /echo HTTP/1.1\r\n");
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_EQ(ask(address(), "GET", "/echo").status, 200);
    EXPECT_TRUE(slow[0]->closes_within(kLongest));
    EXPECT_FALSE(slow[2]->closes_within(50ms));
}

TEST_F(HttpServerTest, full_of_answers_a_new_client_gets_503) {
    start({.connections = 1});
    Wire busy(address());
    const int before = held;
    busy.send(request_text("GET", "/hold"));
    wait_until_held(before);
    EXPECT_EQ(ask(address(), "GET", "/echo").status, 503);
    let_go = true;
    EXPECT_EQ(busy.read().status, 200);
}

TEST_F(HttpServerTest, sees_that_a_client_has_gone) {
    start({.connections = 1});
    {
        const int before = held;
        Wire gone(address());
        gone.send(request_text("GET", "/hold"));
        wait_until_held(before);
    }
    // Of the minute that it would be held.
    int status = 503;
    const auto has_room = [&] { return (status = ask(address(), "GET", "/echo").status) != 503; };
    EXPECT_TRUE(testing::becomes(has_room, kLongest));
    EXPECT_EQ(status, 200);
}

TEST_F(HttpServerTest, a_stop_ends_idle_connections_and_lets_answers_out) {
    start({});
    Wire idle(address());
    Wire busy(address());
    const int before = held;
    busy.send(request_text("GET", "/hold"));
    wait_until_held(before);
    const std::jthread later([] {
        std::this_thread::sleep_for(200ms);
        let_go = true;
    });
    stop();
    EXPECT_TRUE(idle.closes_within(kLongest));
    EXPECT_EQ(busy.read().status, 200);
    EXPECT_TRUE(busy.closes_within(kLongest));
}

TEST_F(HttpServerTest, a_taken_port_and_a_strange_host_are_refused) {
    start({});
    const auto port = static_cast<std::uint16_t>(std::stoi(address().substr(address().rfind(':') + 1)));
    EXPECT_TRUE(
        testing::throws_error(ErrorKind::io, {std::to_string(port)}, [&] { (void)listen_on("127.0.0.1", port); }));
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"192.0.2.1"}, [] { (void)listen_on("192.0.2.1", 0); }));
    EXPECT_TRUE(server_->loopback());
}

TEST_F(HttpServerTest, many_at_once) {
    start({});
    std::vector<std::jthread> clients;
    std::atomic<int> right = 0;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&, i] {
            Wire wire(address());
            for (int k = 0; k < 20; ++k) {
                const std::string body = std::to_string(i) + "." + std::to_string(k);
                wire.send(request_text("POST", "/echo", body));
                right += wire.read().body == "POST /echo " + body ? 1 : 0;
            }
        });
    }
    clients.clear();
    EXPECT_EQ(right, 320);
}

}  // namespace
}  // namespace contrans::server
