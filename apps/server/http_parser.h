#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "apps/server/http_message.h"

namespace contrans::server {

struct HttpLimits {
    std::size_t header_bytes = std::size_t{16} << 10;  ///< request line and all headers together
    std::size_t body_bytes = std::size_t{1} << 20;
};

/// Turns bytes into one HTTP/1.1 request (Boost.Beast's parser inside): no socket, no clock.
class HttpParser {
public:
    explicit HttpParser(const HttpLimits& limits);
    ~HttpParser();
    HttpParser(const HttpParser&) = delete;
    HttpParser& operator=(const HttpParser&) = delete;

    /// Takes what it can use from the front. @return bytes taken; the rest is to be given again with what follows it.
    /// Throws RequestError: 400 malformed, 413 body too long, 431 header too long, 411, 415, 501 or 505 for what this
    /// server does not take.
    [[nodiscard]] std::size_t take(std::string_view bytes);
    /// Whether the whole request has arrived.
    [[nodiscard]] bool done() const;
    /// Whether the client waits for "100 Continue" before it sends the body. True once.
    [[nodiscard]] bool wants_continue();
    /// The last call, when done().
    [[nodiscard]] HttpRequest release();

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace contrans::server
