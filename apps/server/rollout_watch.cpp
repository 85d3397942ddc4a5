#include "apps/server/rollout_watch.h"

#include <utility>

#include "contrans/registry/audit_record.h"

namespace contrans::server {
namespace {

constexpr const char* kBlind = "the registry cannot be read";

std::string by(const RolloutStatus& status) {
    return " by " + status.changed_by + (status.reason.empty() ? "" : ": " + status.reason);
}

std::string text_of(const RolloutAlarm& alarm) {
    if (alarm.what == RolloutAlarm::What::drift) {
        return "answers of " + alarm.rollout + " project on " + alarm.gate +
               " otherwise than in its first stage; contrans rollout status " + alarm.rollout + " shows how far";
    }
    return "gate " + alarm.gate + " of " + alarm.rollout + " failed" +
           (alarm.rolled_back ? "; it is rolled back" : "; it goes on");
}

}  // namespace

std::string gate_of(const RolloutAlarm& alarm) {
    return alarm.what == RolloutAlarm::What::drift ? "drift of " + alarm.gate : alarm.gate;
}

void RolloutWatch::tell(AlertEvent event, const RolloutStatus& status, const std::string& text) const {
    if (on_alert_) on_alert_({event, status.plan.name, "", text, status.changed});
}

void RolloutWatch::see(const RolloutStatus& running, const std::string& trouble) {
    const std::string& name = running.plan.name;
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = sights_.try_emplace(name);
    RolloutSight& sight = found->second;
    if (!is_new && running.stage > sight.stage) {
        tell(AlertEvent::promoted, running,
             name + " was promoted to " + stage_name(running.plan.stages[running.stage]) + by(running));
        sight.drift.clear();
    }
    if (!trouble.empty() && trouble != sight.trouble && sight.trouble != kBlind) {
        tell(AlertEvent::not_served, running, name + " is not served here: " + trouble);
    }
    sight.plan = running.plan;
    sight.stage = running.stage;
    sight.trouble = trouble;
}

std::vector<std::string> RolloutWatch::running() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, sight] : sights_) {
        if (sight.state == RolloutState::running) names.push_back(name);
    }
    return names;
}

void RolloutWatch::see_end(const RolloutStatus& status) {
    const std::lock_guard lock(mutex_);
    const auto found = sights_.find(status.plan.name);
    if (found == sights_.end() || found->second.state != RolloutState::running) return;
    found->second.state = status.state;
    found->second.stage = status.stage;
    tell(AlertEvent::rolled_back, status, status.plan.name + " was rolled back" + by(status));
}

void RolloutWatch::see_drift(const std::string& name, std::vector<DriftReading> drift) {
    const std::lock_guard lock(mutex_);
    if (const auto found = sights_.find(name); found != sights_.end()) found->second.drift = std::move(drift);
}

void RolloutWatch::see_alarm(const RolloutAlarm& alarm) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = sights_.find(alarm.rollout); found != sights_.end()) {
            ++found->second.alarms[gate_of(alarm)];
        }
    }
    const bool drift = alarm.what == RolloutAlarm::What::drift;
    if (!on_alert_) return;
    on_alert_({drift ? AlertEvent::drift : AlertEvent::gate_failed, alarm.rollout, alarm.gate, text_of(alarm),
               system_time()});
}

void RolloutWatch::see_nothing() {
    {
        const std::lock_guard lock(mutex_);
        for (auto& [name, sight] : sights_) {
            if (sight.state == RolloutState::running) sight.trouble = kBlind;
        }
    }
    if (!on_alert_) return;
    on_alert_({AlertEvent::registry_unreadable, "", "",
               std::string(kBlind) + ": every rollout is switched off here until it can", system_time()});
}

std::vector<RolloutSight> RolloutWatch::sights() const {
    const std::lock_guard lock(mutex_);
    std::vector<RolloutSight> all;
    for (const auto& [name, sight] : sights_) all.push_back(sight);
    return all;
}

}  // namespace contrans::server
