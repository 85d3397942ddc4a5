#pragma once

#include <cstddef>
#include <mutex>

#include "contrans/core/progress.h"

namespace contrans {

/// The study's one bar: steps end in several threads.
class StepCounter {
public:
    StepCounter(const RunContext& context, std::size_t steps) : context_(context) {
        context.begin("study", "steps", steps);
    }
    /// A step is done; whether it was there already.
    void count(bool reused) {
        const std::lock_guard lock(mutex_);
        if (reused) {
            ++reused_;
            context_.found(1);
        }
        context_.advance(++done_);
    }
    [[nodiscard]] std::size_t reused() const { return reused_; }

private:
    const RunContext& context_;
    std::mutex mutex_;
    std::size_t done_ = 0;
    std::size_t reused_ = 0;
};

}  // namespace contrans
