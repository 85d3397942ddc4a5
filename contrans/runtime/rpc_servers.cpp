#include "contrans/runtime/rpc_servers.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "contrans/runtime/rpc_probe.h"
#include "ggml-backend.h"
#include "ggml-rpc.h"
#include "ggml.h"

namespace contrans {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kPatienceWhenLost{1};
// llama.cpp's scheduler aborts beyond 16 backends, and one is the CPU.
constexpr std::size_t kMostDevices = 15;

/// Blocks SIGPIPE in this thread while it lives. llama.cpp's thread for a connection is started meanwhile and inherits
/// that: a server that goes away then fails its writes instead of ending the process without a word.
class SigpipeBlock {
public:
    SigpipeBlock() {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, &before_);
    }
    ~SigpipeBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SigpipeBlock(const SigpipeBlock&) = delete;
    SigpipeBlock& operator=(const SigpipeBlock&) = delete;

private:
    sigset_t before_{};
};

/// The addresses that are connected to, or just being.
class AddressesInUse {
public:
    void add(const RpcAddress& address) {
        const std::scoped_lock lock(mutex_);
        addresses_.push_back(address);
    }
    void remove(const RpcAddress& address) {
        const std::scoped_lock lock(mutex_);
        addresses_.erase(std::find(addresses_.begin(), addresses_.end(), address));
    }
    /// Those that take no connection any more.
    [[nodiscard]] std::vector<RpcAddress> lost() {
        std::vector<RpcAddress> addresses;
        {
            const std::scoped_lock lock(mutex_);
            addresses = addresses_;
        }
        std::erase_if(addresses, [](const RpcAddress& a) { return accepts_connections(a, kPatienceWhenLost); });
        return addresses;
    }

private:
    std::mutex mutex_;
    std::vector<RpcAddress> addresses_;
};

AddressesInUse& addresses_in_use() {
    static AddressesInUse in_use;
    return in_use;
}

/// An address that is in use while this lives.
class UsedAddress {
public:
    explicit UsedAddress(RpcAddress address) : address_(std::move(address)) { addresses_in_use().add(address_); }
    ~UsedAddress() { addresses_in_use().remove(address_); }
    UsedAddress(const UsedAddress&) = delete;
    UsedAddress& operator=(const UsedAddress&) = delete;

private:
    RpcAddress address_;
};

}  // namespace

/// One connection. A backend of ours holds it open, so that no other program gets in between and no second connection
/// is tried, which the server would leave waiting.
class RpcServer {
public:
    explicit RpcServer(const RpcAddress& address) : address_(address) {
        const std::string endpoint = to_string(address);
        if (const std::string obstacle = rpc_obstacle(address, kPatience); !obstacle.empty()) {
            throw Error(ErrorKind::model, "rpc: no server to use at " + endpoint + ": " + obstacle +
                                              "; start there the ggml-rpc-server of this program's llama.cpp");
        }
        const SigpipeBlock block;
        backend_.reset(ggml_backend_rpc_init(endpoint.c_str(), 0));
        const ggml_backend_reg_t registry = ggml_backend_rpc_add_server(endpoint.c_str());
        for (std::size_t i = 0; i < ggml_backend_reg_dev_count(registry); ++i) {
            devices_.push_back(ggml_backend_reg_dev_get(registry, i));
        }
    }

    [[nodiscard]] const std::vector<ggml_backend_dev_t>& devices() const { return devices_; }

private:
    struct Deleter {
        void operator()(ggml_backend* backend) const noexcept { ggml_backend_free(backend); }
    };

    UsedAddress address_;
    std::unique_ptr<ggml_backend, Deleter> backend_;
    std::vector<ggml_backend_dev_t> devices_;
};

namespace {

/// The process's open connections.
class OpenServers {
public:
    std::shared_ptr<const RpcServer> get(const RpcAddress& address) {
        const std::scoped_lock lock(mutex_);
        std::weak_ptr<const RpcServer>& known = servers_[to_string(address)];
        std::shared_ptr<const RpcServer> server = known.lock();
        if (!server) known = server = std::make_shared<const RpcServer>(address);
        return server;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<const RpcServer>> servers_;
};

OpenServers& open_servers() {
    static OpenServers open;
    return open;
}

std::string names_of(const std::vector<RpcAddress>& addresses) {
    std::string names;
    for (const RpcAddress& address : addresses) names += (names.empty() ? "" : ", ") + to_string(address);
    return names;
}

/// A dying server may take connections for a moment after its own broke: looks again for a second.
std::vector<RpcAddress> lost_servers() {
    std::vector<RpcAddress> lost = addresses_in_use().lost();
    for (int looks = 0; looks < 10 && lost.empty(); ++looks) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        lost = addresses_in_use().lost();
    }
    return lost;
}

Error abort_error(std::string_view message) {
    if (message.find("ggml-rpc") == std::string_view::npos) {
        return {ErrorKind::model, "llama.cpp gave up: " + std::string(message)};
    }
    const std::vector<RpcAddress> lost = lost_servers();
    const std::string who =
        lost.empty() ? "a server closed its connection" : "no answer any more from " + names_of(lost);
    return {ErrorKind::model, "rpc: " + who + " in the middle of the run; start ggml-rpc-server there and run again"};
}

std::atomic<void (*)(const Error&)> abort_handler{nullptr};

void on_abort(const char* message) noexcept {
    static std::atomic_flag called;
    // Another thread is already at it, and to return would abort under its feet.
    while (called.test_and_set()) ::pause();
    abort_handler.load()(abort_error(message));
}

}  // namespace

RpcAddress parse_rpc_address(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    RpcAddress address{.host = std::string(text.substr(0, colon)), .port = 0};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    const bool whole = error == std::errc{} && end == port.data() + port.size();
    if (!whole || address.port == 0 || address.host.empty() || text.find_first_of(" \t,") != std::string_view::npos) {
        throw Error(ErrorKind::argument, "rpc: a server is HOST:PORT, a name or IPv4 address and 1 to 65535 (got \"" +
                                             std::string(text) + "\")");
    }
    return address;
}

std::string to_string(const RpcAddress& address) { return address.host + ":" + std::to_string(address.port); }

RpcServers::RpcServers(const std::vector<RpcAddress>& addresses) {
    for (auto address = addresses.begin(); address != addresses.end(); ++address) {
        if (std::find(addresses.begin(), address, *address) != address) {
            throw Error(ErrorKind::argument, "rpc: the server " + to_string(*address) + " is named twice");
        }
    }
    for (const RpcAddress& address : addresses) servers_.push_back(open_servers().get(address));
    if (const std::size_t n = devices().size() - 1; n > kMostDevices) {
        throw Error(ErrorKind::model, "rpc: the servers have " + std::to_string(n) + " devices, llama.cpp can use " +
                                          std::to_string(kMostDevices));
    }
}

std::vector<ggml_backend_device*> RpcServers::devices() const {
    std::vector<ggml_backend_device*> all;
    for (const auto& server : servers_) all.insert(all.end(), server->devices().begin(), server->devices().end());
    all.push_back(nullptr);
    return all;
}

void set_abort_handler(void (*handler)(const Error& error)) {
    abort_handler = handler;
    ggml_set_abort_callback(handler == nullptr ? nullptr : &on_abort);
}

}  // namespace contrans
