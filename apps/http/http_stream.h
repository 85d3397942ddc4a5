#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "apps/http/http_request.h"

namespace contrans {

struct StreamRequest {
    std::string method = "POST";
    std::string path;                             ///< after the address's own
    std::string body;                             ///< JSON; empty: none is sent
    std::string key;                              ///< sent as a bearer token; empty: none
    std::size_t longest = std::size_t{64} << 20;  ///< bytes of the reply's body; more are trouble
};

/// A request over a connection of its own, whose reply is taken piece by piece as it comes. Nothing happens but while
/// wait_for() waits, so that a reader who stops holds the other side up too. Destruction closes the connection at once,
/// whatever the other side does (looking up a name alone is waited for). One thread at a time.
class HttpStream {
public:
    HttpStream(const EndpointAddress& address, const StreamRequest& request);
    ~HttpStream();
    HttpStream(const HttpStream&) = delete;
    HttpStream& operator=(const HttpStream&) = delete;

    /// Waits at most so long for something new. Whether it came: the header, a piece, the end, or trouble.
    bool wait_for(std::chrono::milliseconds time);

    /// Whether the request is out: the other side is there.
    [[nodiscard]] bool sent() const;
    /// 0 until the reply's header is there.
    [[nodiscard]] unsigned status() const;
    /// Of the reply; empty: there is none of that name.
    [[nodiscard]] std::string header(const std::string& name) const;
    /// What of the body has come since the last call.
    [[nodiscard]] std::string take();
    /// Whether the reply came to its proper end.
    [[nodiscard]] bool complete() const;
    /// Why there will be no more; empty: there may be.
    [[nodiscard]] const std::string& trouble() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace contrans
