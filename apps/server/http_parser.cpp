#include "apps/server/http_parser.h"

#include <utility>  // Boost 1.74's asio uses std::exchange without it

#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>

#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

RequestError refusal(int status, const std::string& message) { return {status, "invalid_request_error", "", message}; }

RequestError refusal_of(const ErrorCode& error, const HttpLimits& limits) {
    if (error == http::error::header_limit) {
        return refusal(431, "header: at most " + std::to_string(limits.header_bytes) + " bytes are taken");
    }
    if (error == http::error::body_limit) {
        return refusal(413, "body: at most " + std::to_string(limits.body_bytes) + " bytes are taken");
    }
    if (error == http::error::bad_version) return refusal(505, "HTTP: only versions 1.0 and 1.1 are spoken");
    return refusal(400, "HTTP: " + error.message());
}

std::string text_of(boost::beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

struct HttpParser::Inside {
    explicit Inside(const HttpLimits& given) : limits(given) {
        parser.header_limit(static_cast<std::uint32_t>(given.header_bytes));
        parser.body_limit(given.body_bytes);
        parser.eager(true);
    }

    const HttpLimits limits;
    http::request_parser<http::string_body> parser;
    bool header_checked = false;
    bool continue_said = false;

    [[nodiscard]] std::string header(http::field name) const { return text_of(parser.get()[name]); }

    /// Codings that Beast passes on or ignores: what follows them could be read as another request.
    void check_header() {
        header_checked = true;
        const std::string transfer = header(http::field::transfer_encoding);
        if (!transfer.empty() && !boost::beast::iequals(transfer, "chunked")) {
            throw refusal(501, "Transfer-Encoding: only chunked is taken, not " + in_quotes(transfer));
        }
        const std::string content = header(http::field::content_encoding);
        if (!content.empty() && !boost::beast::iequals(content, "identity")) {
            throw refusal(415, "Content-Encoding: none is taken, not " + in_quotes(content));
        }
        const std::string expect = header(http::field::expect);
        if (!expect.empty() && !boost::beast::iequals(expect, "100-continue")) {
            throw refusal(417, "Expect: only 100-continue is met, not " + in_quotes(expect));
        }
        const unsigned version = parser.get().version();
        if (version != 10 && version != 11) throw refusal(505, "HTTP: only versions 1.0 and 1.1 are spoken");
        if (version == 11 && parser.get().count(http::field::host) != 1) {
            throw refusal(400, "HTTP: a request must have one Host header");
        }
    }
};

HttpParser::HttpParser(const HttpLimits& limits) : inside_(std::make_unique<Inside>(limits)) {}

HttpParser::~HttpParser() = default;

std::size_t HttpParser::take(std::string_view bytes) {
    auto& parser = inside_->parser;
    // Header first, so that its checks come before any of the body is believed.
    parser.eager(inside_->header_checked);
    // Beast 1.74 asserts that it gets five bytes or more of a last chunk that no other came before. None is shorter
    // ("0", two ends of line), so waiting for them loses nothing.
    constexpr std::size_t shortest_last_chunk = 5;
    const bool may_be_last = inside_->header_checked && parser.chunked() && bytes.starts_with('0');
    if (may_be_last && bytes.size() < shortest_last_chunk) return 0;
    ErrorCode error;
    std::size_t taken = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error && error != http::error::need_more) throw refusal_of(error, inside_->limits);
    if (!parser.is_header_done() || inside_->header_checked) return taken;
    inside_->check_header();
    if (!parser.is_done() && taken < bytes.size()) taken += take(bytes.substr(taken));
    return taken;
}

bool HttpParser::done() const { return inside_->parser.is_done(); }

bool HttpParser::wants_continue() {
    const auto& parser = inside_->parser;
    if (inside_->continue_said || !parser.is_header_done() || parser.is_done()) return false;
    inside_->continue_said = true;
    return parser.get().version() == 11 && !inside_->header(http::field::expect).empty();
}

HttpRequest HttpParser::release() {
    const auto& message = inside_->parser.get();
    const std::string target = text_of(message.target());
    const std::size_t query = target.find('?');
    HttpRequest request;
    request.method = text_of(message.method_string());
    request.path = target.substr(0, query);
    if (query != std::string::npos) request.query = target.substr(query + 1);
    request.authorization = inside_->header(http::field::authorization);
    request.origin = inside_->header(http::field::origin);
    request.host = inside_->header(http::field::host);
    request.keeps_alive = message.keep_alive();
    request.streams = message.version() == 11;
    request.body = std::move(inside_->parser.get().body());
    return request;
}

}  // namespace contrans::server
