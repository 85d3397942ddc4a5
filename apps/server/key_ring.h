#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "apps/server/api_keys.h"

namespace contrans::server {

/// The keys in effect, which others may take the place of while the server runs. Thread-safe.
class KeyRing {
public:
    explicit KeyRing(ApiKeys keys) : keys_(std::make_shared<const ApiKeys>(std::move(keys))) {}

    [[nodiscard]] std::shared_ptr<const ApiKeys> current() const {
        const std::lock_guard lock(mutex_);
        return keys_;
    }
    void replace(ApiKeys keys) {
        auto fresh = std::make_shared<const ApiKeys>(std::move(keys));
        const std::lock_guard lock(mutex_);
        keys_.swap(fresh);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const ApiKeys> keys_;
};

}  // namespace contrans::server
