#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "apps/server/arm_source.h"
#include "apps/server/request_log.h"
#include "apps/server/rollout_choice.h"
#include "apps/server/rollout_watch.h"
#include "contrans/registry/rollout_store.h"

namespace contrans::server {

inline constexpr std::chrono::milliseconds kRolloutPoll{50};
inline constexpr std::chrono::seconds kBlindTime{10};

/// The rollouts of a server's registry in effect: who gets which arm, what answers showed, and the switch that ends
/// it. Several servers may share a registry; what one of them, or `contrans rollout`, changes the others see within
/// kRolloutPoll. Thread-safe.
///
/// A rollout whose arms cannot be given as it plans them (a version, a dose out of range) is not served: its users get
/// what they would without it, and count for nothing. When the registry cannot be read for kBlindTime everything is
/// switched off until it can: what cannot be told to stop must not run.
class ServingRollouts {
public:
    struct Options {
        std::filesystem::path registry;
        std::function<void(const std::string&)> on_trouble;
        RolloutWatch::OnAlert on_alert = {};
        std::chrono::milliseconds blind_time = kBlindTime;
    };

    /// Reads what runs before it returns. @param arms  outlives this. Throws what Database throws.
    ServingRollouts(const ArmSource& arms, Options options);
    ~ServingRollouts();
    ServingRollouts(const ServingRollouts&) = delete;
    ServingRollouts& operator=(const ServingRollouts&) = delete;

    /// @param user  the client's stable id of whoever asks; empty: none, then only pilots take it
    [[nodiscard]] std::optional<RolloutChoice> choose(std::string_view user, const std::string& key_name,
                                                      const std::string& answer_id);

    /// Takes what an answer that was chosen for showed, at its end; in the registry within a moment.
    void observe(const RequestRecord& record);
    /// Of an answer that has just been sent, by this server or another of the registry, it waits up to some seconds
    /// until it is known. @return false: no rollout has an answer of this id.
    /// Throws what Database throws.
    bool rate(const std::string& answer_id, OutcomeMetric metric, double value);

    /// Runs `step` on the rollouts and lets what it changed take effect before it returns. Throws what it throws.
    void with_store(const std::function<void(RolloutStore&)>& step);

    /// One that runs, and why it is not served here; empty: it is.
    struct Served {
        std::string name;
        std::string trouble;
    };
    [[nodiscard]] std::vector<Served> served() const;
    /// Those that have run since this began, drift as of the last seconds.
    [[nodiscard]] std::vector<RolloutSight> sights() const { return watch_.sights(); }

private:
    struct Active;
    using Snapshot = std::vector<std::shared_ptr<const Active>>;

    void run(const std::stop_token& stop);
    void refresh();
    void look_at(const std::vector<RolloutStatus>& running);
    void look_for_drift();
    void go_blind();
    void flush();
    bool rate_once(const std::string& answer_id, OutcomeMetric metric, double value);
    [[nodiscard]] std::shared_ptr<const Active> activated(const RolloutStatus& status) const;
    void put_snapshot(Snapshot snapshot);
    [[nodiscard]] Snapshot snapshot() const;
    void tell(const std::vector<RolloutAlarm>& alarms);
    void trouble(const std::string& text);

    const ArmSource& arms_;
    Options options_;
    RolloutWatch watch_;
    std::mutex watching_;  // of watched_ and its refreshing
    RolloutStore watched_;
    std::mutex writing_;  // of store_
    RolloutStore store_;
    mutable std::mutex mutex_;  // of what follows
    Snapshot active_;
    std::set<std::string> unended_;  // answers that were chosen for and not yet observed
    std::condition_variable ended_;
    std::vector<CountedAnswer> uncounted_;
    std::set<std::string> said_;
    bool blind_ = false;
    std::chrono::steady_clock::time_point last_seen_ = std::chrono::steady_clock::now();
    std::jthread thread_;
};

}  // namespace contrans::server
