#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace contrans::testing {

/// An endpoint on a port of its own that does what a test wants: `reply` makes the bytes sent back to the n-th request,
/// from 0; empty: the connection ends without any. One request a connection, one after the other.
class FakeEndpoint {
public:
    using Reply = std::function<std::string(std::size_t n, const std::string& request)>;

    explicit FakeEndpoint(Reply reply);
    ~FakeEndpoint();
    FakeEndpoint(const FakeEndpoint&) = delete;
    FakeEndpoint& operator=(const FakeEndpoint&) = delete;

    [[nodiscard]] std::string url() const;
    /// Bodies so far.
    [[nodiscard]] std::vector<std::string> requests() const;

private:
    void serve();

    Reply reply_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> ending_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

/// A port that nobody listens on.
[[nodiscard]] std::string dead_url();

[[nodiscard]] std::string http_reply(unsigned status, const std::string& body);
/// A completion whose first token has these likeliest others: {{" Yes", 0.7}, …}.
[[nodiscard]] std::string completion(const std::vector<std::pair<std::string, double>>& likeliest);

}  // namespace contrans::testing
