#pragma once

#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include "apps/server/request_log.h"
#include "apps/server/rollout_watch.h"

namespace contrans::server {

/// What is counted for each rollout that has run since the server began. Thread-safe.
class RolloutMetrics {
public:
    explicit RolloutMetrics(prometheus::Registry& registry);
    void count(const RequestRecord& record);
    void show(const std::vector<RolloutSight>& sights);

private:
    void show(const RolloutSight& sight);
    void show_drift(const RolloutSight& sight);
    void show_alarms(const RolloutSight& sight);

    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Gauge>& stage_;
    prometheus::Family<prometheus::Gauge>& state_;
    prometheus::Family<prometheus::Gauge>& served_;
    prometheus::Family<prometheus::Counter>& alarms_;
    prometheus::Family<prometheus::Gauge>& drift_;
    prometheus::Family<prometheus::Gauge>& drift_limit_;
};

}  // namespace contrans::server
