#include "tests/rpc_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace contrans::testing {
namespace {

constexpr int kTries = 1000;
constexpr std::chrono::milliseconds kPause{10};

/// Between fork and exec: no allocation, no return.
[[noreturn]] void become_server(const char* port, const char* output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = ::open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execl(CONTRANS_RPC_SERVER, "ggml-rpc-server", "--host", "127.0.0.1", "--port", port, "--threads", "1", nullptr);
    ::_exit(127);
}

template <class Condition>
bool comes_true(const Condition& condition) {
    for (int i = 0; i < kTries; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(kPause);
    }
    return false;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool listens(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    const bool connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(descriptor);
    return connected;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
    return n;
}

}  // namespace

std::uint16_t free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    const bool bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
                       ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(descriptor);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

LocalRpcServer::LocalRpcServer() : port_(free_port()), process_(-1) {
    const std::string port = std::to_string(port_);
    const std::string output = folder_ / "output";
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("fork failed");
    if (process_ == 0) become_server(port.c_str(), output.c_str());
    if (!comes_true([this] { return listens(port_); })) {
        kill();
        throw std::runtime_error("ggml-rpc-server does not listen: " + read_bytes(output));
    }
}

LocalRpcServer::~LocalRpcServer() { kill(); }

std::string LocalRpcServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void LocalRpcServer::kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

bool LocalRpcServer::alive() {
    if (process_ > 0 && ::waitpid(process_, nullptr, WNOHANG) != 0) process_ = -1;
    return process_ > 0;
}

bool LocalRpcServer::wait_for_connections(std::size_t n) const {
    // Our own look whether it listens is the first.
    return comes_true([&] { return count(read_bytes(folder_ / "output"), "Accepted client connection") > n; });
}

}  // namespace contrans::testing
