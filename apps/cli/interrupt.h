#pragma once

#include <pthread.h>

#include <atomic>
#include <stop_token>
#include <thread>

namespace contrans::cli {

/// Turns SIGINT and SIGTERM into a stop request. A second one ends the process at once with 130.
///
/// Construction (first in main, on the main thread) blocks both signals for this thread and all it starts, and starts
/// a thread that waits for them; destruction ends that thread and leaves the signals blocked. One at a time.
class InterruptWatch {
public:
    InterruptWatch();
    ~InterruptWatch();
    InterruptWatch(const InterruptWatch&) = delete;
    InterruptWatch& operator=(const InterruptWatch&) = delete;

    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

private:
    void wait_for_signals();

    std::stop_source stop_;
    std::atomic<bool> closing_{false};
    std::thread waiter_;
};

}  // namespace contrans::cli
