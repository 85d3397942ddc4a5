#pragma once

#include <chrono>
#include <stop_token>

#include "apps/gateway/engine_health.h"
#include "apps/gateway/engine_table.h"
#include "apps/server/operation.h"

namespace contrans::gateway {

/// What the routes of `contrans gateway` answer from: engines elsewhere beside what running a server takes.
struct GatewayService : server::Operation {
    EngineTable& engines;
    const EngineHealth& health;
    std::chrono::milliseconds longest_time{600'000};
    std::stop_token ending = {};  ///< requested when running answers are to end
};

}  // namespace contrans::gateway
