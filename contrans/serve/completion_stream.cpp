#include "contrans/serve/completion_stream.h"

#include <utility>

namespace contrans {

std::string to_string(FinishReason reason) {
    switch (reason) {
        case FinishReason::stop:
            return "stop";
        case FinishReason::length:
            return "length";
        case FinishReason::cancelled:
            return "cancelled";
        case FinishReason::time_limit:
            return "time_limit";
        case FinishReason::shutdown:
            return "shutdown";
        case FinishReason::failed:
            return "failed";
        case FinishReason::switched_off:
            return "switched_off";
    }
    return "";
}

std::optional<CompletionPiece> CompletionStream::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !pieces_.empty() || end_; });
    if (pieces_.empty()) return std::nullopt;
    CompletionPiece piece = std::move(pieces_.front());
    pieces_.pop_front();
    return piece;
}

bool CompletionStream::wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return !pieces_.empty() || end_; });
}

CompletionEnd CompletionStream::end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return end_.has_value(); });
    return *end_;
}

void CompletionStream::put(CompletionPiece piece) {
    {
        const std::lock_guard lock(mutex_);
        if (end_) return;
        pieces_.push_back(std::move(piece));
    }
    changed_.notify_all();
}

void CompletionStream::finish(CompletionEnd end) {
    {
        const std::lock_guard lock(mutex_);
        if (end_) return;
        end_ = std::move(end);
    }
    changed_.notify_all();
}

}  // namespace contrans
