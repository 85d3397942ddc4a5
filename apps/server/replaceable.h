#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace contrans::server {

/// What is in effect, which another may take the place of while the server runs; who holds the one before keeps it.
/// Thread-safe.
template <class T>
class Replaceable {
public:
    explicit Replaceable(T first) : current_(std::make_shared<const T>(std::move(first))) {}

    [[nodiscard]] std::shared_ptr<const T> current() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    void replace(T next) {
        auto fresh = std::make_shared<const T>(std::move(next));
        const std::lock_guard lock(mutex_);
        current_.swap(fresh);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> current_;
};

}  // namespace contrans::server
