#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/server/engine_sight.h"
#include "apps/server/request_log.h"
#include "apps/server/rollout_watch.h"
#include "apps/server/webhooks.h"
#include "contrans/serve/scheduler.h"

namespace contrans::server {

/// What a scrape finds beside what was counted.
struct ScrapedState {
    std::optional<SchedulerStats> scheduler;  ///< nothing: others write the answers
    std::size_t connections = 0;              ///< that are open
    std::vector<RolloutSight> rollouts;
    Webhooks::Counts webhooks;
    std::vector<EngineSight> engines = {};  ///< those others
};

/// Counts for Prometheus (docs/monitoring.md lists them). No label ever holds a user, a key or a text. Thread-safe.
class ServerMetrics {
public:
    ServerMetrics();
    ~ServerMetrics();
    ServerMetrics(const ServerMetrics&) = delete;
    ServerMetrics& operator=(const ServerMetrics&) = delete;

    void count(const RequestRecord& record);
    /// The text that a scrape gets.
    [[nodiscard]] std::string text(const ScrapedState& state);

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace contrans::server
