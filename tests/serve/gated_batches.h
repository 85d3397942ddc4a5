#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>

#include "contrans/runtime/engine.h"

namespace contrans::testing {

/// Holds a scheduler's thread before a batch, so that tests decide what waits and what runs.
class GatedBatches {
public:
    /// For SchedulerOptions::before_decode. This object must outlive the scheduler.
    [[nodiscard]] std::function<void(std::span<const BatchRow>)> hook() {
        return [this](std::span<const BatchRow>) {
            std::unique_lock lock(mutex_);
            ++arrived_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return open_; });
        };
    }
    /// Until the thread stands before its next batch, or has passed so many in all.
    void wait_for_batches(std::size_t n) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return arrived_ >= n; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void close() {
        const std::lock_guard lock(mutex_);
        open_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    std::size_t arrived_ = 0;
};

}  // namespace contrans::testing
