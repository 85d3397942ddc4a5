#include "apps/http/http_stream.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <string_view>
#include <utility>

namespace contrans {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = boost::asio::ip::tcp;

// Beast 1.74 asserts that it gets five bytes or more of a last chunk ("0", two ends of line). None is shorter, so
// waiting for them loses nothing.
constexpr std::size_t kShortestLastChunk = 5;

http::request<http::string_body> message_of(const EndpointAddress& address, const StreamRequest& wanted) {
    http::request<http::string_body> request(http::string_to_verb(wanted.method), address.path + wanted.path, 11);
    request.set(http::field::host, address.host + ":" + address.port);
    request.set(http::field::connection, "close");
    if (!wanted.key.empty()) request.set(http::field::authorization, "Bearer " + wanted.key);
    if (!wanted.body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = wanted.body;
    request.prepare_payload();
    return request;
}

}  // namespace

/// Each step starts the next, up to reading, of which wait_for() starts one at a time.
struct HttpStream::Inside {
    Inside(const EndpointAddress& address, const StreamRequest& wanted)
        : resolver(context), stream(context), request(message_of(address, wanted)) {
        parser.body_limit(wanted.longest);
        resolver.async_resolve(address.host, address.port, [this](auto error, auto results) {
            if (fails(error)) return;
            stream.async_connect(results, [this](auto failed, const auto&) { write(failed); });
        });
    }

    bool fails(beast::error_code error) {
        if (error) trouble = error.message();
        news = news || !trouble.empty();
        return !trouble.empty();
    }
    void write(beast::error_code error) {
        if (fails(error)) return;
        http::async_write(stream, request, [this](auto failed, std::size_t) {
            if (fails(failed)) return;
            sent = true;
        });
    }
    void read() {
        reading = true;
        stream.async_read_some(boost::asio::buffer(bytes), [this](auto error, std::size_t got) {
            reading = false;
            pending.append(bytes.data(), got);
            if (got > 0) parse();
            if (error == boost::asio::error::eof) return end();
            (void)fails(error);
        });
    }
    /// Gives the parser what it can use.
    void parse() {
        beast::error_code error;
        while (!error && !pending.empty() && !parser.is_done()) {
            const bool held = parser.is_header_done() && parser.chunked() && pending.front() == '0';
            if (held && pending.size() < kShortestLastChunk) break;
            // Header first: Beast 1.74 makes room for a body before it minds that the header allows too much.
            parser.eager(parser.is_header_done());
            const std::size_t used = parser.put(boost::asio::buffer(pending), error);
            pending.erase(0, used);
            if (used == 0) break;
        }
        if (error && error != http::error::need_more) (void)fails(error);
        take();
    }
    void take() {
        if (!parser.is_header_done()) return;
        header_came = true;
        news = true;
        body += std::exchange(parser.get().body(), {});
    }
    /// The other side has sent all it will.
    void end() {
        beast::error_code error;
        if (parser.got_some()) parser.put_eof(error);
        if (!parser.got_some() || error) error = http::error::end_of_stream;
        if (!parser.is_done()) (void)fails(error);
        news = true;
    }
    [[nodiscard]] bool over() const { return !trouble.empty() || parser.is_done(); }

    boost::asio::io_context context;
    tcp::resolver resolver;
    beast::tcp_stream stream;
    http::request<http::string_body> request;
    http::response_parser<http::string_body> parser;
    std::array<char, 16384> bytes{};
    std::string pending;  // received, and not yet parsed
    std::string body;     // parsed, and not yet taken
    std::string trouble;
    bool sent = false;
    bool reading = false;
    bool header_came = false;
    bool news = false;  // since wait_for() last returned
};

HttpStream::HttpStream(const EndpointAddress& address, const StreamRequest& request)
    : inside_(std::make_unique<Inside>(address, request)) {}

HttpStream::~HttpStream() = default;

bool HttpStream::wait_for(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    Inside& all = *inside_;
    all.context.restart();
    while (!all.news && !all.over()) {
        if (all.sent && !all.reading) all.read();
        if (all.context.run_one_until(deadline) == 0) break;
    }
    return std::exchange(all.news, false);
}

bool HttpStream::sent() const { return inside_->sent; }

unsigned HttpStream::status() const { return inside_->header_came ? inside_->parser.get().result_int() : 0; }

std::string HttpStream::header(const std::string& name) const {
    if (!inside_->header_came) return "";
    const auto value = inside_->parser.get()[name];
    return {value.data(), value.size()};
}

std::string HttpStream::take() { return std::exchange(inside_->body, {}); }

bool HttpStream::complete() const { return inside_->trouble.empty() && inside_->parser.is_done(); }

const std::string& HttpStream::trouble() const { return inside_->trouble; }

}  // namespace contrans
