#pragma once

#include <memory>
#include <string>

#include "apps/server/request_log.h"
#include "contrans/serve/scheduler.h"

namespace contrans::server {

/// Counts for Prometheus. Thread-safe.
class ServerMetrics {
public:
    ServerMetrics();
    ~ServerMetrics();
    ServerMetrics(const ServerMetrics&) = delete;
    ServerMetrics& operator=(const ServerMetrics&) = delete;

    void count(const RequestRecord& record);
    /// The text that a scrape gets.
    [[nodiscard]] std::string text(const SchedulerStats& scheduler, std::size_t connections);

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace contrans::server
