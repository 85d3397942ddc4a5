#include "apps/server/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

using std::chrono::milliseconds;

constexpr int kBacklog = 128;

/// Whether one of the events came before the deadline. An error on the socket counts: the next call meets it.
bool wait_for(int descriptor, short events, Clock::time_point deadline) {
    while (true) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
        pollfd watched{descriptor, events, 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(const std::string& host, std::uint16_t port) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (error != 0) {
        throw Error(ErrorKind::argument,
                    "--host: no address of this machine: " + in_quotes(host) + " (" + ::gai_strerror(error) + ")");
    }
    return {found, ::freeaddrinfo};
}

bool bind_and_listen(int descriptor, const addrinfo& address) {
    const int yes = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return ::bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 && ::listen(descriptor, kBacklog) == 0;
}

sockaddr_storage own_address(const Socket& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw Error(ErrorKind::io, std::string("serve: the socket has no address: ") + std::strerror(errno));
    }
    return address;
}

}  // namespace

Socket::~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket::Received Socket::receive(std::span<char> into, Clock::time_point deadline) const {
    while (wait_for(descriptor_, POLLIN, deadline)) {
        const ssize_t got = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {Read::some, static_cast<std::size_t>(got)};
        if (got == 0) return {Read::closed};
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) return {Read::closed};
    }
    return {Read::too_late};
}

bool Socket::send(std::string_view bytes, Clock::time_point deadline) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait_for(descriptor_, POLLOUT, deadline)) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool Socket::closed_by_peer() const {
    pollfd watched{descriptor_, POLLRDHUP, 0};
    return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Socket::shut_down() const { ::shutdown(descriptor_, SHUT_RDWR); }

void Socket::linger(milliseconds time) const {
    ::shutdown(descriptor_, SHUT_WR);
    const auto deadline = Clock::now() + time;
    std::array<char, 4096> away{};
    while (Clock::now() < deadline && receive(away, deadline).how == Read::some) {
    }
}

Socket listen_on(const std::string& host, std::uint16_t port) {
    const Addresses addresses = resolve(host, port);
    int error = 0;
    for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
        Socket socket(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
        if (socket.descriptor() >= 0 && bind_and_listen(socket.descriptor(), *each)) return socket;
        error = errno;
    }
    const ErrorKind kind = error == EADDRNOTAVAIL ? ErrorKind::argument : ErrorKind::io;
    throw Error(kind, "serve: cannot listen on " + printable(host) + " port " + std::to_string(port) + ": " +
                          std::strerror(error));
}

std::string address_of(const Socket& listening) {
    const sockaddr_storage address = own_address(listening);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
    }
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(v4.sin_port));
}

bool is_loopback(const Socket& listening) {
    const std::string address = address_of(listening);
    return address.starts_with("127.") || address.starts_with("[::1]");
}

Socket accept_within(const Socket& listening, milliseconds time) {
    if (!wait_for(listening.descriptor(), POLLIN, Clock::now() + time)) return Socket();
    const int descriptor = ::accept4(listening.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) {
        const int yes = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    return Socket(descriptor);
}

}  // namespace contrans::server
