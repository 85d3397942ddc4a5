#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace contrans::testing {

/// Looks every 20 ms whether it is so, as long as `limit`. Whether it came to be.
[[nodiscard]] inline bool becomes(const std::function<bool()>& condition,
                                  std::chrono::seconds limit = std::chrono::seconds(30)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return condition();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace contrans::testing
