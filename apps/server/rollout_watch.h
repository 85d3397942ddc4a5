#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "apps/server/alert.h"
#include "contrans/registry/rollout_store.h"

namespace contrans::server {

/// A rollout as this server last saw it.
struct RolloutSight {
    RolloutPlan plan;
    std::size_t stage = 0;
    RolloutState state = RolloutState::running;
    std::string trouble;  ///< why it is not served here; empty: it is
    std::vector<DriftReading> drift;
    std::map<std::string, std::size_t> alarms;  ///< that this server raised, by gate_of()
};
/// The gate's name, or of drift "drift of " and the concept.
[[nodiscard]] std::string gate_of(const RolloutAlarm& alarm);

/// Remembers what a server saw of its registry's rollouts, and tells people what changed: each change once, whoever
/// made it. Those that were planned and never ran here are not seen. Thread-safe.
class RolloutWatch {
public:
    using OnAlert = std::function<void(const Alert&)>;
    /// @param on_alert  returns at once; empty: nobody is told
    explicit RolloutWatch(OnAlert on_alert) : on_alert_(std::move(on_alert)) {}

    /// A rollout that runs, and why it is not served.
    void see(const RolloutStatus& running, const std::string& trouble);
    /// Names that ran when they were last seen.
    [[nodiscard]] std::vector<std::string> running() const;
    /// One of them that runs no more.
    void see_end(const RolloutStatus& status);
    void see_drift(const std::string& name, std::vector<DriftReading> drift);
    void see_alarm(const RolloutAlarm& alarm);
    /// The registry cannot be read: nothing is served until it can.
    void see_nothing();

    /// By name.
    [[nodiscard]] std::vector<RolloutSight> sights() const;

private:
    void tell(AlertEvent event, const RolloutStatus& status, const std::string& text) const;

    OnAlert on_alert_;
    mutable std::mutex mutex_;
    std::map<std::string, RolloutSight> sights_;
};

}  // namespace contrans::server
