#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "apps/server/http_message.h"
#include "apps/server/socket.h"

namespace contrans::server {

/// One request and its answer on a connection: whole, or in pieces as they come. Used by the connection's own thread.
class Exchange {
public:
    /// @param write_time  for each piece to be taken by the client; a slower one counts as gone
    Exchange(HttpRequest request, const Socket& socket, std::chrono::milliseconds write_time);

    [[nodiscard]] const HttpRequest& request() const { return request_; }
    /// What stands behind the route's path, decoded: "happy" of "/v1/concepts/happy". The router's to set.
    [[nodiscard]] const std::string& name() const { return name_; }
    void set_name(std::string name) { name_ = std::move(name); }
    /// Whether the client has closed the connection: nobody waits for the answer any more. A client that closes its
    /// sending side alone counts as gone too.
    [[nodiscard]] bool client_gone() const { return gone_ || socket_.closed_by_peer(); }

    /// The whole answer, once and not after begin().
    void respond(const HttpResponse& response);
    /// Status and headers of an answer in pieces (its body is ignored), then pieces, then the end. False: the client is
    /// gone.
    bool begin(const HttpResponse& response);
    bool send(std::string_view piece);
    bool finish();

    /// 0 while nothing was answered.
    [[nodiscard]] int status() const { return status_; }
    /// Whether another request may follow on the connection.
    [[nodiscard]] bool keeps_alive() const { return !gone_ && request_.keeps_alive; }
    /// The connection ends with this answer.
    void close_after() { request_.keeps_alive = false; }

private:
    [[nodiscard]] std::string head(const HttpResponse& response, const std::string& length_header) const;
    bool write(std::string_view bytes);

    HttpRequest request_;
    std::string name_;
    const Socket& socket_;
    std::chrono::milliseconds write_time_;
    int status_ = 0;
    bool gone_ = false;
};

/// "Not Found"
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace contrans::server
