#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

#include "apps/server/generation_fields.h"
#include "apps/server/key_ring.h"
#include "apps/server/monitor.h"
#include "apps/server/request_log.h"
#include "apps/server/server_metrics.h"
#include "apps/server/serving_audit.h"
#include "apps/server/serving_rollouts.h"
#include "apps/server/webhooks.h"
#include "contrans/runtime/chat_format.h"
#include "contrans/serve/concept_shelf.h"
#include "contrans/serve/scheduler.h"

namespace contrans::server {

/// What the routes serve from. Everything in it may be used by many threads at a time.
struct Service {
    std::shared_ptr<const Model> model;
    ConceptShelf& shelf;
    Scheduler& scheduler;
    const ChatFormat& chat;
    KeyRing& keys;
    RequestRules rules;
    DoseRule dose_rule = DoseRule::tested_only;
    std::filesystem::path vectors;  ///< the folder that concepts may be loaded from
    RequestLog& log;
    ServerMetrics& metrics;
    std::function<std::size_t()> connections;  ///< how many are open
    ServingAudit* audit = nullptr;             ///< null: no audit log is kept
    std::stop_token stop = {};                 ///< requested when the server is to end
    ServingRollouts* rollouts = nullptr;       ///< null: no registry, so none run
    Monitor monitor = Monitor::rollouts;
    const Webhooks* webhooks = nullptr;  ///< null: none
};

}  // namespace contrans::server
