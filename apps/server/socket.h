#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace contrans::server {

using Clock = std::chrono::steady_clock;

/// A TCP socket; construction takes a descriptor over, destruction closes it. One reader and one writer at a time;
/// shut_down() from any thread.
class Socket {
public:
    explicit Socket(int descriptor = -1) noexcept : descriptor_(descriptor) {}
    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&&) = delete;
    Socket(const Socket&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

    enum class Read { some, closed, too_late };
    struct Received {
        Read how = Read::closed;
        std::size_t bytes = 0;
    };
    /// Waits for bytes until the deadline.
    [[nodiscard]] Received receive(std::span<char> into, Clock::time_point deadline) const;
    /// Whether all of it was handed to the system before the deadline.
    [[nodiscard]] bool send(std::string_view bytes, Clock::time_point deadline) const;
    /// Whether the other side has closed or broken the connection. Does not wait and takes no bytes.
    [[nodiscard]] bool closed_by_peer() const;
    /// Both directions, so that waits end.
    void shut_down() const;
    /// Says that no more will be sent, then reads away what still comes, for at most so long: an error answer is lost
    /// where unread bytes make the system reset the connection.
    void linger(std::chrono::milliseconds time) const;

private:
    int descriptor_;
};

/// A listening socket. Throws Error{argument} for a host that is no address or name of this machine, Error{io} where
/// the port is taken. @param port  0: a free one
[[nodiscard]] Socket listen_on(const std::string& host, std::uint16_t port);
/// "127.0.0.1:8080", "[::1]:8080"
[[nodiscard]] std::string address_of(const Socket& listening);
[[nodiscard]] bool is_loopback(const Socket& listening);
/// The next connection, waiting at most so long; without a descriptor when none came.
[[nodiscard]] Socket accept_within(const Socket& listening, std::chrono::milliseconds time);

}  // namespace contrans::server
