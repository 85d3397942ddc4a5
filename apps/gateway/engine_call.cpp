#include "apps/gateway/engine_call.h"

#include <algorithm>

namespace contrans::gateway {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

EngineTrouble too_late(const Engine& engine) {
    return {{504, "server_error", "", "engine " + engine.name + " did not answer in the time that is given",
             "engine_timeout"},
            FinishReason::time_limit,
            "engine " + engine.name + ": time is over"};
}

EngineTrouble gateway_ends() {
    return {
        server::RequestError(503, "server_error", "", "the server is ending").with_retry_after(std::chrono::seconds(5)),
        FinishReason::shutdown, ""};
}

}  // namespace

EngineTrouble engine_failed(const Engine& engine, const std::string& what, const std::string& code,
                            const std::string& detail) {
    const std::string text = "engine " + engine.name + " " + what;
    return {{502, "server_error", "", text, code}, FinishReason::failed, detail.empty() ? text : text + ": " + detail};
}

EngineCall::EngineCall(const Engine& engine, const std::string& path, const std::string& body, const Waiting& waiting)
    : engine_(engine), waiting_(waiting), stream_(engine.address, {"POST", path, body, engine.key}) {}

bool EngineCall::switched_off() const {
    return waiting_.steering_switch != nullptr && waiting_.steering_switch->is_off();
}

void EngineCall::require_time() const {
    const auto now = Clock::now();
    if (waiting_.ending.stop_requested()) throw gateway_ends();
    if (now >= waiting_.deadline) throw too_late(engine_);
    if (!stream_.sent() && now - began_ >= kConnectTime) {
        throw engine_failed(engine_, "cannot be reached", "engine_unreachable", "no connection within 10 s");
    }
}

EngineCall::News EngineCall::wait() {
    while (true) {
        if (switched_off()) return News::switched_off;
        if (waiting_.client.client_gone()) return News::client_gone;
        require_time();
        const auto left = std::chrono::ceil<milliseconds>(waiting_.deadline - Clock::now());
        if (stream_.wait_for(std::clamp(left, milliseconds(1), kLook))) return News::more;
        if (stream_.complete()) return News::complete;
        if (stream_.trouble().empty()) continue;
        if (!stream_.sent()) throw engine_failed(engine_, "cannot be reached", "engine_unreachable", stream_.trouble());
        throw engine_failed(engine_, "broke off", "engine_broke_off", stream_.trouble());
    }
}

}  // namespace contrans::gateway
