#include "tests/gateway/scripted_engine.h"

#include <array>
#include <sstream>
#include <utility>

#include "apps/server/http_parser.h"

namespace contrans::testing {
namespace {

using nlohmann::json;
using server::Clock;

constexpr std::chrono::milliseconds kTick{10};
constexpr std::chrono::seconds kPatience{30};

server::HttpRequest read_request(const server::Socket& socket) {
    server::HttpParser parser({});
    std::string pending;
    while (!parser.done()) {
        std::array<char, 4096> bytes{};
        const auto got = socket.receive(bytes, Clock::now() + kPatience);
        if (got.how != server::Socket::Read::some) return {};
        pending.append(bytes.data(), got.bytes);
        pending.erase(0, parser.take(pending));
    }
    return parser.release();
}

json choice_of(const std::string& key, const json& value, const json& finish_reason) {
    return {{"id", "engine-1"},
            {"object", "chat.completion.chunk"},
            {"created", 1},
            {"model", "the-engine's-own"},
            {"choices", {{{"index", 0}, {key, value}, {"finish_reason", finish_reason}}}}};
}

std::string event(const json& chunk) { return "data: " + chunk.dump() + "\n\n"; }

void stream_words(const std::string& text, bool chat, const EngineLine& line) {
    line.send(stream_head());
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        line.send(http_chunk(chat ? piece_event(word + " ") : event(choice_of("text", word + " ", nullptr))));
    }
    line.send(http_chunk(chat ? last_event() : event(choice_of("text", "", "stop"))) + http_chunk(kDoneEvent) +
              kStreamEnd);
}

}  // namespace

void EngineLine::send(std::string_view bytes) const { (void)socket_.send(bytes, Clock::now() + kPatience); }

bool EngineLine::is_closed() const {
    const auto deadline = Clock::now() + kPatience;
    while (!socket_.closed_by_peer() && Clock::now() < deadline) std::this_thread::sleep_for(kTick);
    return socket_.closed_by_peer();
}

void EngineLine::stay_silent() const {
    while (!ending_ && !socket_.closed_by_peer()) std::this_thread::sleep_for(kTick);
}

ScriptedEngine::ScriptedEngine(Script script)
    : script_(std::move(script)), listening_(server::listen_on("127.0.0.1", 0)), thread_([this] { accept(); }) {}

ScriptedEngine::~ScriptedEngine() {
    ending_ = true;
    thread_.join();
}

std::vector<server::HttpRequest> ScriptedEngine::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

json ScriptedEngine::last_body() const {
    const auto all = requests();
    return all.empty() ? json() : json::parse(all.back().body);
}

void ScriptedEngine::accept() {
    while (!ending_) {
        server::Socket socket = server::accept_within(listening_, kTick);
        if (socket.descriptor() < 0) continue;
        connections_.emplace_back([this, taken = std::move(socket)] { serve(taken); });
    }
    connections_.clear();  // joins each
}

void ScriptedEngine::serve(const server::Socket& socket) {
    const server::HttpRequest request = read_request(socket);
    const EngineLine line(socket, ending_);
    if (request.path == "/health") {
        line.send(http_answer(200, R"({"status": "ok"})"));
    } else if (!request.path.empty()) {
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        script_(request, line);
    }
    socket.linger(kTick);
}

ScriptedEngine::Script answering(const std::string& text) {
    return [text](const server::HttpRequest& request, const EngineLine& line) {
        const json body = json::parse(request.body);
        const bool chat = request.path == "/v1/chat/completions";
        if (body.value("stream", false)) return stream_words(text, chat, line);
        json answer = chat ? choice_of("message", {{"role", "assistant"}, {"content", text}}, "stop")
                           : choice_of("text", text, "stop");
        answer["usage"] = {{"prompt_tokens", 5}, {"completion_tokens", 3}, {"total_tokens", 8}};
        line.send(http_answer(200, answer.dump()));
    };
}

std::string http_answer(int status, const std::string& body, const std::string& content_type) {
    return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: " + content_type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string stream_head() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
}

std::string http_chunk(const std::string& bytes) {
    std::ostringstream size;
    size << std::hex << bytes.size();
    return size.str() + "\r\n" + bytes + "\r\n";
}

std::string piece_event(const std::string& text) { return event(choice_of("delta", {{"content", text}}, nullptr)); }

std::string last_event(const std::string& finish_reason) {
    return event(choice_of("delta", json::object(), finish_reason));
}

}  // namespace contrans::testing
