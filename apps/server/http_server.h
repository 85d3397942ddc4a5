#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <string>

#include "apps/server/exchange.h"
#include "apps/server/http_parser.h"
#include "apps/server/request_error.h"
#include "apps/server/socket.h"

namespace contrans::server {

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: a free one
    HttpLimits limits = {};
    std::size_t connections = 256;                   ///< open at a time; see HttpServer
    std::chrono::milliseconds request_time{15'000};  ///< from a request's first byte to its last, however they trickle
    std::chrono::milliseconds idle_time{75'000};     ///< between requests of one connection
    std::chrono::milliseconds write_time{20'000};    ///< for a client to take a piece of its answer
};

/// Answers a request through the Exchange. Called on the connection's thread; must not throw.
using Handler = std::function<void(Exchange&)>;
/// The answer to what is no request: malformed, too long, too slow.
using RefusalAnswer = std::function<HttpResponse(const RequestError&)>;

/// HTTP/1.1 over plain sockets, a thread a connection.
///
/// When all connections are taken, a new one displaces the one that has gone longest without a whole request, so that
/// clients that send slowly or nothing cannot keep others out; where all are being answered, the new one gets 503.
/// Construction binds the address; run() serves.
class HttpServer {
public:
    /// Throws what listen_on throws.
    HttpServer(const HttpServerOptions& options, Handler handler, RefusalAnswer refusal);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// "127.0.0.1:8080"
    [[nodiscard]] std::string address() const { return address_of(listening_); }
    [[nodiscard]] bool loopback() const { return is_loopback(listening_); }
    [[nodiscard]] std::size_t open_connections() const { return open_; }

    /// Serves until the stop, then takes no connection more, ends those that are between requests, and returns when the
    /// last answer is out.
    void run(const std::stop_token& stop);

private:
    class Connection;

    void admit(Socket socket);
    void reap();
    bool displace_one();

    HttpServerOptions options_;
    Handler handler_;
    RefusalAnswer refusal_;
    Socket listening_;
    std::list<std::unique_ptr<Connection>> connections_;  // of the accepting thread alone
    std::atomic<std::size_t> open_ = 0;
};

}  // namespace contrans::server
