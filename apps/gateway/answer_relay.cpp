#include "apps/gateway/answer_relay.h"

#include <ctime>

#include "apps/gateway/engine_choice.h"
#include "apps/gateway/sse_reader.h"
#include "apps/server/answer_json.h"
#include "apps/server/error_answer.h"
#include "apps/server/steering_json.h"
#include "contrans/core/error.h"

namespace contrans::gateway {
namespace {

using server::Delivery;
using server::Json;
using server::RequestError;

constexpr std::string_view kDone = "[DONE]";

std::string path_of(AnswerKind kind) { return kind == AnswerKind::chat ? "/v1/chat/completions" : "/v1/completions"; }

std::vector<std::string> events_in(SseReader& reader, const std::string& bytes, const Engine& engine) try {
    return reader.take(bytes);
} catch (const Error& error) {
    throw engine_failed(engine, "sent what is no stream of events", "engine_answer_broken", error.what());
}

bool must_halt(EngineCall::News news) {
    return news == EngineCall::News::client_gone || news == EngineCall::News::switched_off;
}

/// Of an error; whoever waits for it no more gets none.
std::string rest_of(EngineCall& call) {
    std::string body = call.take();
    for (auto news = call.wait(); news == EngineCall::News::more; news = call.wait()) body += call.take();
    return body;
}

FinishReason reason_of(const std::string& finish_reason) {
    return finish_reason == "length" ? FinishReason::length : FinishReason::stop;
}

}  // namespace

AnswerRelay::AnswerRelay(const GatewayService& service, AnswerKind kind, const ForwardedBody& body,
                         server::Exchange& exchange, server::RequestRecord& record)
    : service_(service), kind_(kind), body_(body), exchange_(exchange), record_(record), events_(exchange) {}

void AnswerRelay::give(const Engine& engine, const Engine& plain) try {
    const bool steered = record_.rollout && !engine.mix.empty();
    steering_switch_ = steered ? record_.rollout->steering_switch.get() : nullptr;
    if (relay(engine) || halt()) return;
    steering_switch_ = nullptr;
    text_.clear();
    pieces_ = 0;
    end_ = {};
    end_.switched_off = true;
    record_.end.reset();
    if (!relay(plain)) (void)halt();
} catch (const EngineTrouble& trouble) {
    fail(trouble);
}

/// Whether there was an end; else it must halt. The engine's connection is closed when this returns.
bool AnswerRelay::relay(const Engine& engine) {
    engine_ = &engine;
    record_.engine = engine.name;
    record_.applied = applied(engine.mix);
    Json json = body_.json;
    if (!engine.model.empty()) json["model"] = engine.model;
    EngineCall call(engine, path_of(kind_), server::dump(json),
                    {exchange_, steering_switch_, began_ + body_.time_limit, service_.ending});
    while (call.status() == 0) {
        if (must_halt(call.wait())) return false;
    }
    if (call.status() != 200) {
        const std::string refusal = rest_of(call);
        throw passed_on(engine, call.status(), refusal, call.header("Retry-After"));
    }
    return body_.delivery == Delivery::whole ? relay_whole(call) : relay_events(call);
}

bool AnswerRelay::relay_whole(EngineCall& call) {
    std::string body = call.take();
    for (auto news = call.wait(); news != EngineCall::News::complete; news = call.wait()) {
        if (must_halt(news)) return false;
        body += call.take();
    }
    Json json = engine_json(*engine_, body);
    const AnswerPart part = answer_part(json, kind_);
    if (part.error) throw engine_failed(*engine_, "answered with an error", "engine_failed", *part.error);
    note(part);
    end_.first_token = since_beginning();  // the first that anybody can see of it
    keep(reason_of(part.finish_reason.value_or("stop")));
    make_ours(json);
    json["contrans"] = contrans_json();
    if (call.switched_off()) return false;
    exchange_.respond({200, server::dump(json) + "\n"});
    return true;
}

bool AnswerRelay::relay_events(EngineCall& call) {
    if (!call.header("Content-Type").starts_with("text/event-stream")) {
        throw engine_failed(*engine_, "did not answer by a stream", "engine_answer_broken",
                            call.header("Content-Type"));
    }
    SseReader reader;
    auto news = EngineCall::News::more;
    for (; news == EngineCall::News::more; news = call.wait()) {
        for (const std::string& data : events_in(reader, call.take(), *engine_)) {
            if (call.switched_off()) return false;
            if (data == kDone) return end_events();
            if (!relay_chunk(data)) return false;
        }
    }
    return must_halt(news) ? false : end_events();
}

/// False: the client is gone.
bool AnswerRelay::relay_chunk(const std::string& data) {
    Json json = engine_json(*engine_, data);
    const AnswerPart part = answer_part(json, kind_);
    if (part.error) throw engine_failed(*engine_, "broke off with an error", "engine_failed", *part.error);
    note(part);
    make_ours(json);
    if (!events_.begun()) {
        json["contrans"] = {{"engine", engine_->name}, {"concepts", server::applied_json(record_.applied)}};
    }
    if (part.finish_reason) {
        keep(reason_of(*part.finish_reason));
        json["contrans"] = contrans_json();
        finished_ = true;
    }
    return events_.send(server::event_text(json));
}

/// Ends an answer that has no end of its own: the client is gone, or what was asked for was taken back. False: nothing
/// of it was given yet, and somebody waits for it.
bool AnswerRelay::halt() {
    if (exchange_.client_gone()) {
        keep(FinishReason::cancelled);
        exchange_.close_after();
        return true;
    }
    if (!events_.begun()) return false;
    if (!finished_) {
        end_.switched_off = true;
        end_.switched_off_at = end_.generated_tokens;
        keep(FinishReason::switched_off);
        if (!events_.send(server::event_text(last_chunk()))) return true;
    }
    events_.finish(server::done_event());
    return true;
}

/// After the engine's last event. Throws EngineTrouble where that was not the answer's.
bool AnswerRelay::end_events() {
    if (!finished_) throw engine_failed(*engine_, "broke off", "engine_broke_off", "its stream has no end");
    keep(end_.reason);
    events_.finish(server::done_event());
    return true;
}

void AnswerRelay::fail(const EngineTrouble& trouble) {
    keep(trouble.reason());
    record_.failure = trouble.what();
    if (!events_.begun()) throw trouble.shown();
    events_.finish(server::event_text(server::error_json(trouble.shown())));
}

void AnswerRelay::note(const AnswerPart& part) {
    text_ += part.text;
    if (part.tells) ++pieces_;
    if (part.tells && end_.first_token.count() == 0) end_.first_token = since_beginning();
    end_.prompt_tokens = part.prompt_tokens.value_or(end_.prompt_tokens);
    counted_ = counted_ || part.written_tokens.has_value();
    end_.generated_tokens = part.written_tokens.value_or(counted_ ? end_.generated_tokens : pieces_);
}

void AnswerRelay::make_ours(Json& json) const {
    json["id"] = (kind_ == AnswerKind::chat ? "chatcmpl-" : "cmpl-") + record_.id;
    json["model"] = body_.model;
}

Json AnswerRelay::contrans_json() const {
    Json json = {{"engine", engine_->name}};
    json.update(server::contrans_json({false, {}, record_.applied, record_.rollout}, {}, end_));
    return json;
}

/// Of an answer that ends before the engine ended it.
Json AnswerRelay::last_chunk() const {
    const bool chat = kind_ == AnswerKind::chat;
    Json json = {{"id", ""},
                 {"object", chat ? "chat.completion.chunk" : "text_completion"},
                 {"created", std::time(nullptr)},
                 {"model", ""},
                 {"choices", Json::array()}};
    make_ours(json);
    Json choice = {{"index", 0}};
    if (chat) choice["delta"] = Json::object();
    if (!chat) choice["text"] = "";
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = server::finish_reason(end_.reason, {});
    json["choices"].push_back(std::move(choice));
    json["contrans"] = contrans_json();
    return json;
}

std::chrono::microseconds AnswerRelay::since_beginning() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_);
}

void AnswerRelay::keep(FinishReason reason) {
    end_.reason = reason;
    if (!finished_) end_.total = since_beginning();
    record_.end = end_;
    record_.signals = answer_signals(text_);
}

}  // namespace contrans::gateway
