#include "apps/http/http_request.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <string_view>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = boost::asio::ip::tcp;

// A reply of one token with its likeliest others is a few kilobytes.
constexpr std::size_t kLargestReply = std::size_t{1} << 20;
/// How often it is looked whether to stop.
constexpr std::chrono::milliseconds kLook{100};

/// One request and its reply; each step starts the next. Its deadline is the caller's.
class Exchange {
public:
    Exchange(boost::asio::io_context& context, const EndpointAddress& address, http::request<http::string_body> request)
        : resolver_(context), stream_(context), request_(std::move(request)) {
        parser_.body_limit(kLargestReply);
        resolver_.async_resolve(address.host, address.port, [this](auto error, auto results) {
            if (fails(error)) return;
            stream_.async_connect(results, [this](auto failed, const auto&) { write(failed); });
        });
    }

    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] HttpReply take() {
        if (trouble_) return {0, "", trouble_.message()};
        return {parser_.get().result_int(), std::move(parser_.get().body()), ""};
    }

private:
    bool fails(beast::error_code error) {
        if (!error) return false;
        trouble_ = error;
        done_ = true;
        return true;
    }
    void write(beast::error_code error) {
        if (fails(error)) return;
        http::async_write(stream_, request_, [this](auto failed, std::size_t) { read(failed); });
    }
    void read(beast::error_code error) {
        if (fails(error)) return;
        http::async_read(stream_, buffer_, parser_, [this](auto failed, std::size_t) {
            if (!fails(failed)) done_ = true;
        });
    }

    tcp::resolver resolver_;
    beast::tcp_stream stream_;
    http::request<http::string_body> request_;
    beast::flat_buffer buffer_;
    http::response_parser<http::string_body> parser_;
    beast::error_code trouble_;
    bool done_ = false;
};

http::request<http::string_body> request_of(const EndpointAddress& address, const std::string& path,
                                            const std::string& body, const std::string& key) {
    http::request<http::string_body> request(http::verb::post, address.path + path, 11);
    request.set(http::field::host, address.host + ":" + address.port);
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    if (!key.empty()) request.set(http::field::authorization, "Bearer " + key);
    request.body() = body;
    request.prepare_payload();
    return request;
}

}  // namespace

EndpointAddress parse_http_url(const std::string& url, const std::string& option) {
    constexpr std::string_view kScheme = "http://";
    if (url.starts_with("https://")) {
        throw Error(ErrorKind::argument, option +
                                             ": no TLS is spoken: put a relay in front that takes http:// and speaks "
                                             "https:// (got " +
                                             in_quotes(url) + ")");
    }
    if (!url.starts_with(kScheme))
        throw Error(ErrorKind::argument, option + ": must begin with http:// (got " + in_quotes(url) + ")");
    std::string rest = url.substr(kScheme.size());
    EndpointAddress address{"", "80", ""};
    if (const std::size_t slash = rest.find('/'); slash != std::string::npos) {
        address.path = rest.substr(slash);
        rest.resize(slash);
    }
    if (const std::size_t colon = rest.rfind(':'); colon != std::string::npos) {
        address.port = rest.substr(colon + 1);
        rest.resize(colon);
    }
    address.host = rest;
    const bool numeric = !address.port.empty() && address.port.find_first_not_of("0123456789") == std::string::npos;
    const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 127; });
    if (address.host.empty() || address.host.find('@') != std::string::npos || !numeric || !plain)
        throw Error(ErrorKind::argument, option + ": must be http://HOST:PORT/PATH (got " + in_quotes(url) + ")");
    return address;
}

EndpointAddress parse_endpoint(const std::string& url) {
    EndpointAddress address = parse_http_url(url, "--judge");
    while (address.path.ends_with('/')) address.path.pop_back();
    return address;
}

HttpReply post_json(const EndpointAddress& address, const std::string& path, const std::string& body,
                    const PostOptions& options) {
    boost::asio::io_context context;
    Exchange exchange(context, address, request_of(address, path, body, options.key));
    const auto deadline = std::chrono::steady_clock::now() + options.time;
    while (!exchange.done() && !options.stop.stop_requested() && std::chrono::steady_clock::now() < deadline) {
        context.run_until(std::min(deadline, std::chrono::steady_clock::now() + kLook));
    }
    if (exchange.done()) return exchange.take();
    if (options.stop.stop_requested()) return {0, "", "given up"};
    const auto seconds = std::chrono::duration<double>(options.time).count();
    return {0, "", "no reply within " + std::to_string(seconds).substr(0, 4) + " s"};
}

}  // namespace contrans
