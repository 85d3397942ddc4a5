#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/core/temporary_folder.h"

namespace contrans::testing {

/// llama.cpp's ggml-rpc-server on a free port of 127.0.0.1, with one thread. Dies with the test, whatever ends that.
class LocalRpcServer {
public:
    /// Returns when it listens. Throws std::runtime_error when it does not within ten seconds.
    LocalRpcServer();
    ~LocalRpcServer();
    LocalRpcServer(const LocalRpcServer&) = delete;
    LocalRpcServer& operator=(const LocalRpcServer&) = delete;

    /// HOST:PORT
    [[nodiscard]] std::string address() const;
    /// At once, without a word to its clients.
    void kill();
    [[nodiscard]] bool alive();
    /// Waits until it has taken `n` connections; false when that takes longer than ten seconds.
    [[nodiscard]] bool wait_for_connections(std::size_t n) const;

private:
    TemporaryFolder folder_;  // its output
    std::uint16_t port_;
    pid_t process_;
};

/// A port of 127.0.0.1 at which nothing listens.
[[nodiscard]] std::uint16_t free_port();

}  // namespace contrans::testing
