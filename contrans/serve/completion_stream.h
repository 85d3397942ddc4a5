#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "contrans/serve/completion.h"

namespace contrans {

/// The answer of one request on its way from the scheduler (put, finish) to who asked (next, end, cancel).
/// Thread-safe; one reader.
class CompletionStream {
public:
    /// The next piece; blocks until there is one. Nothing: the answer has ended.
    [[nodiscard]] std::optional<CompletionPiece> next();
    /// Waits until next() would not block, at most so long; whether it would not.
    [[nodiscard]] bool wait_for(std::chrono::milliseconds time);
    /// How it ended; blocks until it has.
    [[nodiscard]] CompletionEnd end();
    /// The scheduler drops the request before its next batch.
    void cancel() { cancelled_ = true; }
    [[nodiscard]] bool cancelled() const { return cancelled_; }

    void put(CompletionPiece piece);
    /// Later calls do nothing.
    void finish(CompletionEnd end);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<CompletionPiece> pieces_;
    std::optional<CompletionEnd> end_;
    std::atomic<bool> cancelled_ = false;
};

}  // namespace contrans
