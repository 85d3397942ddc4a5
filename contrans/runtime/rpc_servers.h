#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/error.h"

struct ggml_backend_device;

namespace contrans {

/// Where a ggml-rpc-server listens.
struct RpcAddress {
    std::string host;  ///< a name or an IPv4 address: llama.cpp speaks no IPv6 here
    std::uint16_t port = 0;

    bool operator==(const RpcAddress&) const = default;
};

/// Throws Error{argument} unless the text is HOST:PORT.
[[nodiscard]] RpcAddress parse_rpc_address(std::string_view text);
[[nodiscard]] std::string to_string(const RpcAddress& address);

class RpcServer;

/// Connections to ggml-rpc-servers. Those to one server are one, shared within the process, open until the last goes.
///
/// Construction connects, and finds out before llama.cpp does (which would abort the process) whether a server of the
/// right version answers. Safe from any thread.
class RpcServers {
public:
    /// None.
    RpcServers() = default;
    /// Throws Error{argument} when one is named twice, Error{model} when one does not answer within a few seconds, is
    /// busy with another program or speaks another version, or when they have more devices than llama.cpp can use.
    explicit RpcServers(const std::vector<RpcAddress>& addresses);

    [[nodiscard]] bool empty() const { return servers_.empty(); }
    /// All servers' devices in order, a null pointer behind the last, as llama.cpp wants them.
    [[nodiscard]] std::vector<ggml_backend_device*> devices() const;

private:
    std::vector<std::shared_ptr<const RpcServer>> servers_;
};

/// llama.cpp aborts the process when a server goes away in the middle of a run; no error can be thrown from there.
/// The handler is called first, once, from any thread, with what happened (the server that is gone by address). It may
/// end the process in its own way; when it returns, the process is aborted. Without one llama.cpp prints its own text.
void set_abort_handler(void (*handler)(const Error& error));

}  // namespace contrans
