#include "apps/server/webhooks.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "apps/http/http_request.h"
#include "apps/server/json_body.h"

namespace contrans::server {
namespace {

/// How long a thread that was told to stop is waited for. Looking up a name cannot be stopped: then it is left behind.
constexpr std::chrono::milliseconds kStopTime{500};
constexpr int kPauseGrowth = 4;

std::string body_of(const Alert& alert, const std::string& server) {
    return dump(Json{{"event", to_string(alert.event)},
                     {"rollout", alert.rollout},
                     {"gate", alert.gate},
                     {"text", alert.text},
                     {"at", time_text(alert.at)},
                     {"server", server}});
}

bool arrived(const HttpReply& reply) { return reply.status >= 200 && reply.status < 300; }

bool refused_for_good(const HttpReply& reply) {
    return reply.status >= 400 && reply.status < 500 && reply.status != 408 && reply.status != 429;
}

}  // namespace

std::string_view to_string(AlertEvent event) {
    switch (event) {
        case AlertEvent::gate_failed:
            return "gate_failed";
        case AlertEvent::rolled_back:
            return "rolled_back";
        case AlertEvent::promoted:
            return "promoted";
        case AlertEvent::drift:
            return "drift";
        case AlertEvent::not_served:
            return "not_served";
        case AlertEvent::registry_unreadable:
            return "registry_unreadable";
        case AlertEvent::audit_behind:
            return "audit_behind";
    }
    return "";
}

/// One URL with its queue and its thread.
class Webhooks::Hook {
public:
    Hook(const std::string& url, WebhookOptions options)
        : address_(parse_http_url(url, "--webhook")), options_(std::move(options)) {}

    static void begin(const std::shared_ptr<Hook>& hook, const std::string& server) {
        hook->server_ = server;
        hook->thread_ = std::thread([hook] { hook->run(); });
    }
    void send(const Alert& alert) {
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.size() < options_.most_waiting) {
                waiting_.push_back(alert);
            } else {
                ++counts_.dropped;
            }
        }
        changed_.notify_all();
    }
    /// No pauses and no waiting for more alerts from here on.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        changed_.notify_all();
    }
    /// @param until  what waits may go out
    void end(std::chrono::steady_clock::time_point until) {
        if (!thread_.joinable()) return;
        std::unique_lock lock(mutex_);
        const auto done = [this] { return done_; };
        if (!changed_.wait_until(lock, until, done)) {
            stop_.request_stop();
            (void)changed_.wait_for(lock, kStopTime, done);
        }
        options_.on_trouble = nullptr;
        const bool over = done_;
        lock.unlock();
        over ? thread_.join() : thread_.detach();
    }
    [[nodiscard]] Counts counts() const {
        const std::lock_guard lock(mutex_);
        return counts_;
    }

private:
    void run() {
        while (const auto alert = next()) deliver(*alert);
        const std::lock_guard lock(mutex_);
        done_ = true;
        changed_.notify_all();
    }
    /// Nothing: it is the end.
    std::optional<Alert> next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
        if (waiting_.empty() || stop_.stop_requested()) return std::nullopt;
        Alert alert = std::move(waiting_.front());
        waiting_.pop_front();
        return alert;
    }
    void deliver(const Alert& alert) {
        const std::string body = body_of(alert, server_);
        const std::string path = address_.path.empty() ? "/" : "";
        std::chrono::milliseconds pause = options_.pause;
        HttpReply reply;
        std::size_t tries = 0;
        do {
            reply = post_json(address_, path, body, {"", options_.patience, stop_.get_token()});
            ++tries;
        } while (!arrived(reply) && !refused_for_good(reply) && tries < options_.tries && wait(pause));
        take(alert, reply, tries);
    }
    /// @return whether there is time for another try
    bool wait(std::chrono::milliseconds& pause) {
        std::unique_lock lock(mutex_);
        const bool closing = changed_.wait_for(lock, pause, [this] { return closing_; });
        pause *= kPauseGrowth;
        return !closing;
    }
    /// The path may hold a secret: host and port alone are said.
    void take(const Alert& alert, const HttpReply& reply, std::size_t tries) {
        const std::lock_guard lock(mutex_);
        ++(arrived(reply) ? counts_.delivered : counts_.failed);
        if (arrived(reply) || !options_.on_trouble) return;
        const std::string what = reply.status == 0 ? reply.trouble : "status " + std::to_string(reply.status);
        options_.on_trouble("webhook " + address_.host + ":" + address_.port + ": " +
                            std::string(to_string(alert.event)) +
                            (alert.rollout.empty() ? "" : " of " + alert.rollout) + " did not arrive: " + what +
                            ", tries: " + std::to_string(tries));
    }

    EndpointAddress address_;
    WebhookOptions options_;
    std::string server_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Alert> waiting_;
    Counts counts_;
    bool closing_ = false;
    bool done_ = false;
    std::stop_source stop_;
    std::thread thread_;
};

Webhooks::Webhooks(WebhookOptions options) : parting_(options.parting) {
    for (const std::string& url : options.urls) hooks_.push_back(std::make_shared<Hook>(url, options));
}

Webhooks::~Webhooks() {
    for (const auto& hook : hooks_) hook->close();
    const auto until = std::chrono::steady_clock::now() + parting_;
    for (const auto& hook : hooks_) hook->end(until);
}

void Webhooks::begin(const std::string& server) {
    for (const auto& hook : hooks_) Hook::begin(hook, server);
}

void Webhooks::send(const Alert& alert) {
    for (const auto& hook : hooks_) hook->send(alert);
}

Webhooks::Counts Webhooks::counts() const {
    Counts all;
    for (const auto& hook : hooks_) {
        const Counts each = hook->counts();
        all.delivered += each.delivered;
        all.failed += each.failed;
        all.dropped += each.dropped;
    }
    return all;
}

}  // namespace contrans::server
