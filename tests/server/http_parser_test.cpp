#include "apps/server/http_parser.h"

#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

/// Feeds the text in steps of so many bytes. @return the request; `rest`: what was not used
HttpRequest read(const std::string& text, std::size_t step, std::string* rest = nullptr) {
    HttpParser parser({.header_bytes = 2048, .body_bytes = 100});
    std::string pending;
    std::size_t given = 0;
    while (!parser.done() && given < text.size()) {
        pending += text.substr(given, step);
        given += std::min(step, text.size() - given);
        pending.erase(0, parser.take(pending));
    }
    if (!parser.done()) throw RequestError(408, "", "", "unfinished");
    if (rest != nullptr) *rest = pending + text.substr(given);
    return parser.release();
}

std::string post(const std::string& headers, const std::string& body) {
    return "POST /v1/completions?a=b HTTP/1.1\r\nHost: here:1\r\n" + headers + "\r\n" + body;
}

TEST(HttpParser, reads_a_request_in_pieces_of_any_size) {
    const std::string text =
        post("Authorization: Bearer x\r\nOrigin: http://there\r\nContent-Length: 5\r\n", "hello") + "GET ";
    for (const std::size_t step : {1U, 2U, 7U, 64U, 1000U}) {
        std::string rest;
        const HttpRequest request = read(text, step, &rest);
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.path, "/v1/completions");
        EXPECT_EQ(request.query, "a=b");
        EXPECT_EQ(request.host, "here:1");
        EXPECT_EQ(request.authorization, "Bearer x");
        EXPECT_EQ(request.origin, "http://there");
        EXPECT_EQ(request.body, "hello");
        EXPECT_TRUE(request.keeps_alive);
        EXPECT_EQ(rest, "GET ");
    }
}

TEST(HttpParser, reads_chunked_bodies) {
    const std::string text = post("Transfer-Encoding: chunked\r\n", "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n");
    for (const std::size_t step : {1U, 5U, 1000U}) EXPECT_EQ(read(text, step).body, "hello");
    // Beast asserts on fewer than five bytes of a last chunk that no other came before.
    for (const std::string last : {"0\r\n\r\n", "0\r\nX: y\r\n\r\n"}) {
        for (const std::size_t step : {1U, 2U, 4U, 1000U}) {
            EXPECT_EQ(read(post("Transfer-Encoding: chunked\r\n", last), step).body, "");
        }
    }
}

TEST(HttpParser, no_body_and_older_versions) {
    EXPECT_EQ(read("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", 1000).body, "");
    const HttpRequest old = read("GET /health HTTP/1.0\r\n\r\n", 1000);
    EXPECT_FALSE(old.keeps_alive);
    EXPECT_FALSE(old.streams);
    EXPECT_FALSE(read("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 1000).keeps_alive);
}

TEST(HttpParser, waits_for_continue_once) {
    HttpParser parser({});
    const std::string text = post("Expect: 100-continue\r\nContent-Length: 5\r\n", "");
    EXPECT_EQ(parser.take(text), text.size());
    EXPECT_TRUE(parser.wants_continue());
    EXPECT_FALSE(parser.wants_continue());
    EXPECT_EQ(parser.take("hello"), 5U);
    EXPECT_TRUE(parser.done());
}

TEST(HttpParser, long_ones_are_refused_before_they_are_read) {
    EXPECT_TRUE(refuses({413, "", "100"}, [] { (void)read(post("Content-Length: 101\r\n", ""), 1000); }));
    EXPECT_TRUE(refuses({413, "", "100"}, [] {
        (void)read(post("Transfer-Encoding: chunked\r\n", "80\r\n" + std::string(128, 'x') + "\r\n0\r\n\r\n"), 9);
    }));
    EXPECT_TRUE(refuses({431, "", "2048"}, [] { (void)read(post("X: " + std::string(5000, 'x') + "\r\n", ""), 100); }));
    EXPECT_TRUE(refuses({431, ""}, [] { (void)read("GET /" + std::string(5000, 'x'), 100); }));
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    EXPECT_TRUE(refuses({431, ""}, [&] { (void)read(post(many, ""), 100); }));
}

TEST(HttpParser, malformed_ones_are_refused) {
    for (const std::string& text :
         {std::string("hello\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHost a\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
          post("Content-Length: x\r\n", ""), post("Content-Length: -1\r\n", ""),
          post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
          post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
          post("Transfer-Encoding: chunked\r\n", "x\r\n"), post("A\x01: b\r\n", ""),
          std::string("G\0T / HTTP/1.1\r\n\r\n", 18), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", 12)}) {
        EXPECT_TRUE(refuses({400, ""}, [&] { (void)read(text, 1000); })) << text;
    }
    EXPECT_TRUE(refuses({505, ""}, [] { (void)read("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 1000); }));
    EXPECT_TRUE(refuses({501, "", "gzip"}, [] { (void)read(post("Transfer-Encoding: gzip\r\n", "abc"), 1000); }));
    EXPECT_TRUE(
        refuses({501, ""}, [] { (void)read(post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 1000); }));
    EXPECT_TRUE(refuses({415, "", "gzip"},
                        [] { (void)read(post("Content-Encoding: gzip\r\nContent-Length: 3\r\n", "abc"), 1000); }));
    EXPECT_TRUE(refuses({417, ""}, [] { (void)read(post("Expect: tea\r\nContent-Length: 3\r\n", "abc"), 1000); }));
}

}  // namespace
}  // namespace contrans::server
