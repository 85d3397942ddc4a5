#pragma once

#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include "apps/server/engine_sight.h"
#include "apps/server/request_log.h"

namespace contrans::server {

/// What is counted for each engine behind a gateway; nothing of a server that has its own. Thread-safe.
class EngineMetrics {
public:
    explicit EngineMetrics(prometheus::Registry& registry);
    void count(const RequestRecord& record);
    void show(const std::vector<EngineSight>& sights);

private:
    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& first_piece_;
    prometheus::Family<prometheus::Histogram>& answer_;
    prometheus::Family<prometheus::Gauge>& up_;
};

}  // namespace contrans::server
