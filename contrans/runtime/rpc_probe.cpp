#include "contrans/runtime/rpc_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "ggml-rpc.h"

namespace contrans {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// llama.cpp's greeting: a command byte, the length of what follows, transport capabilities (none: plain TCP). The
// answer: its length, the version in three bytes, one to pad, capabilities.
constexpr std::uint8_t kHello = 14;
constexpr std::size_t kCapabilities = 24;
constexpr std::size_t kVersionAt = sizeof(std::uint64_t);
constexpr std::size_t kAnswer = kVersionAt + 4 + kCapabilities;
// The question after it, without anything that follows; the answer: its length and the number in four bytes.
constexpr std::uint8_t kDeviceCount = 15;
constexpr std::size_t kCountAnswer = sizeof(std::uint64_t) + sizeof(std::uint32_t);

std::string error_text(int code) { return std::generic_category().message(code); }

class Socket {
public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    ~Socket() { ::close(descriptor_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

    /// Whether closing it tells the other side at once that nobody reads any more (a reset).
    void reset_on_close(bool wanted) const {
        const linger reset{.l_onoff = wanted ? 1 : 0, .l_linger = 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }

    /// Whether `events` came before the deadline.
    [[nodiscard]] bool wait(short events, Clock::time_point deadline) const {
        for (;;) {
            const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
            pollfd watched{.fd = descriptor_, .events = events, .revents = 0};
            const int ready = ::poll(&watched, 1, left > 0 ? static_cast<int>(left) : 0);
            if (ready >= 0 || errno != EINTR) return ready > 0;
        }
    }

private:
    int descriptor_;
};

/// The outcome of a step: a socket, or what was in the way.
struct Connection {
    std::unique_ptr<Socket> socket;
    std::string obstacle;
};

Connection resolve_and_open(const RpcAddress& address, sockaddr_storage& to, socklen_t& to_size) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int status = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (status != 0) return {nullptr, std::string("the host is unknown: ") + ::gai_strerror(status)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::memcpy(&to, found->ai_addr, found->ai_addrlen);
    to_size = found->ai_addrlen;
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return {nullptr, error_text(errno)};
    return {std::make_unique<Socket>(descriptor), ""};
}

Connection connect_to(const RpcAddress& address, milliseconds patience) {
    sockaddr_storage to{};
    socklen_t to_size = 0;
    Connection made = resolve_and_open(address, to, to_size);
    if (!made.socket) return made;
    const int descriptor = made.socket->descriptor();
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), to_size) == 0) return made;
    if (errno != EINPROGRESS) return {nullptr, error_text(errno)};
    if (!made.socket->wait(POLLOUT, Clock::now() + patience)) return {nullptr, error_text(ETIMEDOUT)};
    int code = 0;
    socklen_t code_size = sizeof(code);
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &code_size);
    return code == 0 ? std::move(made) : Connection{nullptr, error_text(code)};
}

// A busy server finds an unanswered greeting later. Answering it would end the server by SIGPIPE, unless a reset has
// failed the connection before.
bool greet(const Socket& socket) {
    socket.reset_on_close(true);
    std::array<std::uint8_t, 1 + sizeof(std::uint64_t) + kCapabilities> greeting{kHello};
    const std::uint64_t size = kCapabilities;
    std::memcpy(greeting.data() + 1, &size, sizeof(size));
    return ::send(socket.descriptor(), greeting.data(), greeting.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(greeting.size());
}

enum class Reading { whole, closed, late };

Reading read_answer(const Socket& socket, std::span<std::uint8_t> answer, milliseconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    for (std::size_t done = 0; done < answer.size();) {
        if (!socket.wait(POLLIN, deadline)) return Reading::late;
        const ssize_t n = ::recv(socket.descriptor(), answer.data() + done, answer.size() - done, 0);
        if (n <= 0) return Reading::closed;
        done += static_cast<std::size_t>(n);
    }
    return Reading::whole;
}

std::string version_obstacle(const std::array<std::uint8_t, kAnswer>& answer) {
    std::uint64_t size = 0;
    std::memcpy(&size, answer.data(), sizeof(size));
    if (size != kAnswer - kVersionAt) return "what answers there is no ggml-rpc-server";
    const int major = answer[kVersionAt];
    const int minor = answer[kVersionAt + 1];
    if (major == RPC_PROTO_MAJOR_VERSION && minor <= RPC_PROTO_MINOR_VERSION) return "";
    return "it speaks RPC protocol " + std::to_string(major) + "." + std::to_string(minor) + ", this program " +
           std::to_string(RPC_PROTO_MAJOR_VERSION) + "." + std::to_string(RPC_PROTO_MINOR_VERSION);
}

std::string reading_obstacle(Reading reading) {
    switch (reading) {
        case Reading::late:
            return "it takes connections and does not answer: busy with another program, or no ggml-rpc-server";
        case Reading::closed:
            return "it hangs up: another version, or no ggml-rpc-server";
        case Reading::whole:
            break;
    }
    return "";
}

bool ask_for_devices(const Socket& socket) {
    constexpr std::array<std::uint8_t, 1 + sizeof(std::uint64_t)> question{kDeviceCount};
    return ::send(socket.descriptor(), question.data(), question.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(question.size());
}

/// llama.cpp aborts where a server has none.
std::string devices_obstacle(const Socket& socket, milliseconds patience) {
    std::array<std::uint8_t, kCountAnswer> answer{};
    const Reading reading = ask_for_devices(socket) ? read_answer(socket, answer, patience) : Reading::closed;
    if (reading != Reading::whole) return reading_obstacle(reading);
    std::uint32_t devices = 0;
    std::memcpy(&devices, answer.data() + sizeof(std::uint64_t), sizeof(devices));
    return devices == 0 ? "it has no device to compute on" : "";
}

}  // namespace

std::string rpc_obstacle(const RpcAddress& address, milliseconds patience) {
    const Connection made = connect_to(address, patience);
    if (!made.socket) return made.obstacle;
    std::array<std::uint8_t, kAnswer> answer{};
    const Reading reading = greet(*made.socket) ? read_answer(*made.socket, answer, patience) : Reading::closed;
    std::string obstacle = reading == Reading::whole ? version_obstacle(answer) : reading_obstacle(reading);
    if (obstacle.empty()) obstacle = devices_obstacle(*made.socket, patience);
    if (reading == Reading::whole) made.socket->reset_on_close(false);
    return obstacle;
}

bool accepts_connections(const RpcAddress& address, milliseconds patience) {
    return connect_to(address, patience).socket != nullptr;
}

}  // namespace contrans
