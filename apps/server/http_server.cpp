#include "apps/server/http_server.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace contrans::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAcceptTick{100};
constexpr milliseconds kLinger{500};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

/// A client's socket and the thread that serves it.
class HttpServer::Connection {
public:
    Connection(Socket socket, const HttpServer& server)
        : socket_(std::move(socket)), server_(server), thread_([this](const std::stop_token& stop) { serve(stop); }) {}

    [[nodiscard]] bool over() const { return over_; }
    [[nodiscard]] bool answering() const { return answering_; }
    [[nodiscard]] Clock::time_point waiting_since() const { return Clock::time_point(Clock::duration(since_)); }
    /// It gets no answer any more.
    void break_off() const { socket_.shut_down(); }
    /// It ends after the answer it is at.
    void ask_to_end() {
        thread_.request_stop();
        if (!answering_) break_off();
    }

private:
    void serve(const std::stop_token& stop) {
        try {
            while (!stop.stop_requested() && answer_next(stop)) {
            }
        } catch (const std::exception&) {
            // Out of memory at worst: this connection is lost, the others go on.
        }
        socket_.shut_down();
        over_ = true;
    }

    /// Reads one request and answers it. False: the connection is at its end.
    bool answer_next(const std::stop_token& stop) {
        since_ = Clock::now().time_since_epoch().count();
        HttpParser parser(server_.options_.limits);
        try {
            if (!receive(parser)) return false;
        } catch (const RequestError& error) {
            refuse(error);
            return false;
        }
        answering_ = true;
        Exchange exchange(parser.release(), socket_, server_.options_.write_time);
        if (stop.stop_requested()) exchange.close_after();
        server_.handler_(exchange);
        answering_ = false;
        return exchange.keeps_alive();
    }

    /// Whether a whole request came. Throws RequestError for one that is none, or takes too long.
    bool receive(HttpParser& parser) {
        auto deadline = Clock::now() + (begun() ? server_.options_.request_time : server_.options_.idle_time);
        bool timed = begun();
        for (use_pending(parser); !parser.done(); use_pending(parser)) {
            if (parser.wants_continue() && !socket_.send(kContinue, deadline)) return false;
            std::array<char, 16384> bytes;
            const Socket::Received got = socket_.receive(bytes, deadline);
            if (got.how == Socket::Read::closed || (got.how == Socket::Read::too_late && !timed)) return false;
            if (got.how == Socket::Read::too_late) throw too_slow();
            pending_.append(bytes.data(), got.bytes);
            if (!timed) deadline = Clock::now() + server_.options_.request_time;
            timed = true;
        }
        return true;
    }

    [[nodiscard]] bool begun() const { return !pending_.empty(); }

    void use_pending(HttpParser& parser) {
        if (!pending_.empty()) pending_.erase(0, parser.take(pending_));
    }

    static RequestError too_slow() {
        return {408, "invalid_request_error", "", "the request did not arrive whole in the time that is given"};
    }

    void refuse(const RequestError& error) {
        HttpRequest none;
        none.keeps_alive = false;
        Exchange exchange(std::move(none), socket_, server_.options_.write_time);
        exchange.respond(server_.refusal_(error));
        socket_.linger(kLinger);
    }

    Socket socket_;
    const HttpServer& server_;
    std::string pending_;  // received and not yet used
    std::atomic<bool> answering_ = false;
    std::atomic<bool> over_ = false;
    std::atomic<Clock::rep> since_ = Clock::now().time_since_epoch().count();
    std::jthread thread_;  // last: starts when all else is there, ends first
};

HttpServer::HttpServer(const HttpServerOptions& options, Handler handler, RefusalAnswer refusal)
    : options_(options),
      handler_(std::move(handler)),
      refusal_(std::move(refusal)),
      listening_(listen_on(options.host, options.port)) {}

HttpServer::~HttpServer() = default;

void HttpServer::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Socket socket = accept_within(listening_, kAcceptTick);
        reap();
        if (socket.descriptor() >= 0) admit(std::move(socket));
    }
    listening_.shut_down();
    for (const auto& connection : connections_) connection->ask_to_end();
    connections_.clear();  // joins each
    open_ = 0;
}

void HttpServer::reap() {
    connections_.remove_if([](const auto& connection) { return connection->over(); });
    open_ = connections_.size();
}

void HttpServer::admit(Socket socket) {
    if (connections_.size() >= options_.connections && !displace_one()) {
        HttpRequest none;
        none.keeps_alive = false;
        Exchange exchange(std::move(none), socket, milliseconds(0));
        exchange.respond(refusal_({503, "server_error", "", "all connections are taken; try again"}));
        return;
    }
    connections_.push_back(std::make_unique<Connection>(std::move(socket), *this));
    open_ = connections_.size();
}

/// Ends the connection that has waited longest for a request of its client. False: all are being answered.
bool HttpServer::displace_one() {
    auto longest = connections_.end();
    for (auto each = connections_.begin(); each != connections_.end(); ++each) {
        if ((*each)->answering()) continue;
        if (longest == connections_.end() || (*each)->waiting_since() < (*longest)->waiting_since()) longest = each;
    }
    if (longest == connections_.end()) return false;
    (*longest)->break_off();
    connections_.erase(longest);
    return true;
}

}  // namespace contrans::server
