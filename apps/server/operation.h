#pragma once

#include <functional>
#include <stop_token>

#include "apps/server/key_ring.h"
#include "apps/server/request_log.h"
#include "apps/server/server_metrics.h"
#include "apps/server/serving_audit.h"
#include "apps/server/serving_rollouts.h"
#include "apps/server/webhooks.h"

namespace contrans::server {

/// What running a server takes, whatever writes its answers. Everything in it may be used by many threads at a time.
struct Operation {
    KeyRing& keys;
    RequestLog& log;
    ServerMetrics& metrics;
    std::function<std::size_t()> connections = {};  ///< how many are open
    ServingAudit* audit = nullptr;                  ///< null: no audit log is kept
    std::stop_token stop = {};                      ///< requested when the server is to end
    ServingRollouts* rollouts = nullptr;            ///< null: no registry, so none run
    const Webhooks* webhooks = nullptr;             ///< null: none
};

}  // namespace contrans::server
