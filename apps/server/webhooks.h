#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/server/alert.h"

namespace contrans::server {

struct WebhookOptions {
    std::vector<std::string> urls;
    std::size_t tries = 3;                     ///< of each alert, at least 1
    std::chrono::milliseconds pause{1000};     ///< after the first try; four times as long after each further one
    std::chrono::milliseconds patience{5000};  ///< for one try
    std::chrono::milliseconds parting{1000};   ///< for what waits when the server ends
    std::size_t most_waiting = 100;            ///< alerts of each URL; further ones are dropped
    std::function<void(const std::string&)> on_trouble = {};  ///< a line for each alert that did not arrive
};

/// Tells other programs of alerts: {event, rollout, gate, text, at, server} as JSON by POST to each URL, over plain
/// HTTP. Each URL has a queue and a thread of its own, so that one that hangs delays neither a request nor another URL.
/// An alert is tried again unless it arrived (status 2xx) or was refused for good (4xx but 408 and 429). Thread-safe.
class Webhooks {
public:
    /// Throws what parse_http_url throws, naming --webhook.
    explicit Webhooks(WebhookOptions options);
    /// Takes `parting` and a moment, however the other sides behave.
    ~Webhooks();
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    /// From here on alerts go out, those of before among them. @param server  who tells them
    void begin(const std::string& server);
    /// Returns at once.
    void send(const Alert& alert);

    struct Counts {
        std::size_t delivered = 0;
        std::size_t failed = 0;
        std::size_t dropped = 0;
    };
    /// Over all URLs.
    [[nodiscard]] Counts counts() const;

private:
    class Hook;
    std::vector<std::shared_ptr<Hook>> hooks_;  // shared with its thread, which may outlive this
    std::chrono::milliseconds parting_;
};

}  // namespace contrans::server
