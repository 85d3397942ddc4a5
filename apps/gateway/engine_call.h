#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "apps/gateway/upstreams.h"
#include "apps/http/http_stream.h"
#include "apps/server/exchange.h"
#include "apps/server/request_error.h"
#include "contrans/serve/completion.h"
#include "contrans/serve/steering_switch.h"

namespace contrans::gateway {

/// Why an engine gave no answer, or no whole one: what the client is told, and what the log is.
class EngineTrouble : public std::runtime_error {
public:
    /// @param shown  502, 503 or 504 @param detail  for the log alone
    EngineTrouble(server::RequestError shown, FinishReason reason, const std::string& detail)
        : std::runtime_error(detail), shown_(std::move(shown)), reason_(reason) {}
    [[nodiscard]] const server::RequestError& shown() const { return shown_; }
    [[nodiscard]] FinishReason reason() const { return reason_; }

private:
    server::RequestError shown_;
    FinishReason reason_;
};
/// 502: the engine's fault. @param what  "broke off" @param code  "engine_broke_off"
[[nodiscard]] EngineTrouble engine_failed(const Engine& engine, const std::string& what, const std::string& code,
                                          const std::string& detail = "");

/// What ends the waiting for an engine beside its answer.
struct Waiting {
    const server::Exchange& client;
    const SteeringSwitch* steering_switch = nullptr;  ///< null: what is asked for is not to be taken back
    std::chrono::steady_clock::time_point deadline;
    std::stop_token ending;
};

/// One request to an engine. Its destruction closes the connection, which ends the engine's work.
class EngineCall {
public:
    EngineCall(const Engine& engine, const std::string& path, const std::string& body, const Waiting& waiting);

    enum class News { more, complete, client_gone, switched_off };
    /// Waits for the header, more of the body or its end; the switch is heard within kLook. Throws EngineTrouble: the
    /// engine cannot be reached or broke off, time is over, or the gateway ends.
    [[nodiscard]] News wait();
    /// Whether what was asked for was taken back.
    [[nodiscard]] bool switched_off() const;

    /// 0 until the header is there.
    [[nodiscard]] unsigned status() const { return stream_.status(); }
    [[nodiscard]] std::string header(const std::string& name) const { return stream_.header(name); }
    [[nodiscard]] std::string take() { return stream_.take(); }

private:
    void require_time() const;

    const Engine& engine_;
    Waiting waiting_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    HttpStream stream_;
};

inline constexpr std::chrono::milliseconds kLook{20};
inline constexpr std::chrono::seconds kConnectTime{10};

}  // namespace contrans::gateway
