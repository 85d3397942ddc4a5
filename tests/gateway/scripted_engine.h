#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "apps/server/http_message.h"
#include "apps/server/socket.h"

namespace contrans::testing {

/// The connection of one request to a scripted engine.
class EngineLine {
public:
    EngineLine(const server::Socket& socket, const std::atomic<bool>& ending) : socket_(socket), ending_(ending) {}

    /// Raw bytes.
    void send(std::string_view bytes) const;
    /// Waits until the gateway has closed the connection, half a minute at most. Whether it has.
    [[nodiscard]] bool is_closed() const;
    /// Waits until it is closed or the test ends.
    void stay_silent() const;

private:
    const server::Socket& socket_;
    const std::atomic<bool>& ending_;
};

/// An OpenAI-compatible engine in this process, on a port of its own, that does what a test wants: its script is called
/// for each completion on a thread of that request; the connection ends with it. /health is answered with 200.
class ScriptedEngine {
public:
    using Script = std::function<void(const server::HttpRequest&, const EngineLine&)>;

    explicit ScriptedEngine(Script script);
    ~ScriptedEngine();
    ScriptedEngine(const ScriptedEngine&) = delete;
    ScriptedEngine& operator=(const ScriptedEngine&) = delete;

    [[nodiscard]] std::string url() const { return "http://" + server::address_of(listening_); }
    /// Completions so far.
    [[nodiscard]] std::vector<server::HttpRequest> requests() const;
    /// The body of the last one.
    [[nodiscard]] nlohmann::json last_body() const;

private:
    void accept();
    void serve(const server::Socket& socket);

    Script script_;
    server::Socket listening_;
    std::atomic<bool> ending_ = false;
    mutable std::mutex mutex_;
    std::vector<server::HttpRequest> requests_;
    std::list<std::jthread> connections_;  // of the accepting thread alone
    std::jthread thread_;
};

/// Answers every completion with this text, whole or word by word, as the body asks.
[[nodiscard]] ScriptedEngine::Script answering(const std::string& text);

/// A whole reply with a length.
[[nodiscard]] std::string http_answer(int status, const std::string& body,
                                      const std::string& content_type = "application/json");
/// The head of a stream, a chunk of it with these bytes, and its end.
[[nodiscard]] std::string stream_head();
[[nodiscard]] std::string http_chunk(const std::string& bytes);
inline const std::string kStreamEnd = "0\r\n\r\n";

/// An event with a piece of a chat answer; the one with its finish reason; [DONE].
[[nodiscard]] std::string piece_event(const std::string& text);
[[nodiscard]] std::string last_event(const std::string& finish_reason = "stop");
inline const std::string kDoneEvent = "data: [DONE]\n\n";

}  // namespace contrans::testing
