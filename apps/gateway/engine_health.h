#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "apps/gateway/engine_table.h"

namespace contrans::gateway {

inline constexpr std::chrono::seconds kHealthPoll{3};
inline constexpr std::chrono::seconds kHealthPatience{2};

/// Asks each engine's /health every few seconds. No request waits for it or goes by it: an engine that is down shows in
/// its answers, which a rollout's gates are to see. Thread-safe.
class EngineHealth {
public:
    struct State {
        std::string name;
        std::string trouble;  ///< "status 503", "Connection refused"; empty: it answered
        [[nodiscard]] bool up() const { return trouble.empty(); }
    };

    /// Has asked once when it returns, after kHealthPatience at most. @param engines  outlives this
    /// @param on_change  gets a line when an engine comes or goes
    EngineHealth(const EngineTable& engines, std::function<void(const std::string&)> on_change);

    /// In the engines' order.
    [[nodiscard]] std::vector<State> states() const;

private:
    void run(const std::stop_token& stop);
    void look();

    const EngineTable& engines_;
    std::function<void(const std::string&)> on_change_;
    mutable std::mutex mutex_;
    std::condition_variable_any ended_;
    std::vector<State> states_;
    std::jthread thread_;  // last: ends first
};

}  // namespace contrans::gateway
