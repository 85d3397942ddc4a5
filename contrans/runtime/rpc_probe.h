#pragma once

#include <chrono>
#include <string>

#include "contrans/runtime/rpc_servers.h"

namespace contrans {

/// What keeps a ggml-rpc-server of this llama.cpp from being used at the address; empty: nothing.
///
/// Says hello as llama.cpp would, asks for devices and hangs up. `patience` holds for the connection and for each
/// answer.
[[nodiscard]] std::string rpc_obstacle(const RpcAddress& address, std::chrono::milliseconds patience);

/// Whether something accepts connections there.
[[nodiscard]] bool accepts_connections(const RpcAddress& address, std::chrono::milliseconds patience);

}  // namespace contrans
