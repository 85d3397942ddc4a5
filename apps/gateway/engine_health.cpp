#include "apps/gateway/engine_health.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "apps/http/http_stream.h"

namespace contrans::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using Calls = std::vector<std::unique_ptr<HttpStream>>;

constexpr std::chrono::milliseconds kTurn{10};

bool waits(const HttpStream& call) { return call.status() == 0 && call.trouble().empty(); }

/// All at a time, so that one that hangs does not delay the others.
void await(const Calls& calls) {
    const auto deadline = Clock::now() + kHealthPatience;
    const auto any = [&] { return std::ranges::any_of(calls, [](const auto& call) { return waits(*call); }); };
    while (any() && Clock::now() < deadline) {
        for (const auto& call : calls) {
            if (waits(*call)) (void)call->wait_for(kTurn);
        }
    }
}

/// Whoever has no /health (404) answers all the same.
std::string trouble_of(const HttpStream& call) {
    if (!call.trouble().empty() && call.status() == 0) return call.trouble();
    if (call.status() == 0) return "no answer within 2 s";
    return call.status() < 500 ? "" : "status " + std::to_string(call.status());
}

}  // namespace

EngineHealth::EngineHealth(const EngineTable& engines, std::function<void(const std::string&)> on_change)
    : engines_(engines), on_change_(std::move(on_change)) {
    look();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::vector<EngineHealth::State> EngineHealth::states() const {
    const std::lock_guard lock(mutex_);
    return states_;
}

void EngineHealth::run(const std::stop_token& stop) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            (void)ended_.wait_for(lock, stop, kHealthPoll, [] { return false; });
        }
        if (stop.stop_requested()) return;
        look();
    }
}

void EngineHealth::look() {
    const auto upstreams = engines_.current();
    Calls calls;
    for (const Engine& engine : upstreams->engines) {
        calls.push_back(std::make_unique<HttpStream>(engine.address, StreamRequest{"GET", "/health", "", engine.key}));
    }
    await(calls);
    std::vector<State> fresh;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        fresh.push_back({upstreams->engines[i].name, trouble_of(*calls[i])});
    }
    const std::vector<State> before = states();
    for (const State& now : fresh) {
        const auto old = std::ranges::find(before, now.name, &State::name);
        const bool was_up = old == before.end() || old->up();
        if (was_up != now.up()) on_change_("engine " + now.name + (now.up() ? " answers" : ": " + now.trouble));
    }
    const std::lock_guard lock(mutex_);
    states_ = std::move(fresh);
}

}  // namespace contrans::gateway
