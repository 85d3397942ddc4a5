#include "apps/server/delivery.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "apps/server/answer_events.h"
#include "apps/server/error_answer.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

using std::chrono::milliseconds;

/// How often a waiting request looks whether its client is still there.
constexpr milliseconds kLook{100};
constexpr std::size_t kNamesShown = 10;

/// Cancels what nobody waits for any more, however the answering ends.
class CancelAtEnd {
public:
    explicit CancelAtEnd(CompletionStream& stream) : stream_(stream) {}
    ~CancelAtEnd() { stream_.cancel(); }
    CancelAtEnd(const CancelAtEnd&) = delete;
    CancelAtEnd& operator=(const CancelAtEnd&) = delete;

private:
    CompletionStream& stream_;
};

/// The pieces of an answer, for as long as somebody waits for them.
class Pieces {
public:
    Pieces(CompletionStream& stream, const Exchange& exchange) : stream_(stream), exchange_(exchange) {}

    /// Waits for the next piece. Nothing: the answer is at its end, or the client gone and the request cancelled.
    std::optional<CompletionPiece> next() {
        while (!stream_.wait_for(kLook)) look();
        if (std::chrono::steady_clock::now() - looked_ >= kLook) look();
        return stream_.next();
    }

private:
    void look() {
        looked_ = std::chrono::steady_clock::now();
        if (exchange_.client_gone()) stream_.cancel();
    }

    CompletionStream& stream_;
    const Exchange& exchange_;
    std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

RequestError failure_of(const CompletionEnd& end) {
    if (end.reason != FinishReason::shutdown) return internal_error();
    return RequestError(503, "server_error", "", "the server is ending").with_retry_after(std::chrono::seconds(5));
}

bool failed(const CompletionEnd& end) {
    return end.reason == FinishReason::failed || end.reason == FinishReason::shutdown;
}

void keep(RequestRecord& record, const CompletionEnd& end) {
    record.end = end;
    record.failure = end.error;
}

AnswerText collect(CompletionStream& stream, const Exchange& exchange) {
    AnswerText all;
    Pieces pieces(stream, exchange);
    while (auto piece = pieces.next()) {
        all.text += piece->text;
        all.tokens.insert(all.tokens.end(), std::make_move_iterator(piece->tokens.begin()),
                          std::make_move_iterator(piece->tokens.end()));
    }
    return all;
}

void deliver_whole(CompletionStream& stream, AnswerFormat& format, Exchange& exchange, RequestRecord& record) {
    const AnswerText all = collect(stream, exchange);
    const CompletionEnd end = stream.end();
    keep(record, end);
    record.signals = answer_signals(all.text);
    if (end.reason == FinishReason::cancelled) {
        exchange.close_after();
        return;
    }
    if (failed(end)) throw failure_of(end);
    exchange.respond({200, dump(format.whole(all, end)) + "\n"});
}

/// After the last piece.
void end_events(AnswerEvents& events, AnswerFormat& format, Delivery delivery, const CompletionEnd& end) {
    if (failed(end)) {
        if (!events.begun()) throw failure_of(end);
        events.finish(event_text(error_json(failure_of(end))));
        return;
    }
    std::vector<Json> chunks = format.last_chunks(end);
    if (delivery == Delivery::events_with_usage) chunks.push_back(format.usage_chunk(end));
    if (events.send(chunks)) events.finish(done_event());
}

void deliver_events(CompletionStream& stream, AnswerFormat& format, Delivery delivery, Exchange& exchange,
                    RequestRecord& record) {
    AnswerEvents events(exchange);
    Pieces pieces(stream, exchange);
    std::string text;
    while (const auto piece = pieces.next()) {
        text += piece->text;
        if (!events.send(format.chunks(*piece))) stream.cancel();
    }
    const CompletionEnd end = stream.end();
    keep(record, end);
    record.signals = answer_signals(text);
    if (end.reason == FinishReason::cancelled) {
        exchange.close_after();
    } else {
        end_events(events, format, delivery, end);
    }
}

std::string names_on(const ConceptShelf& shelf) {
    std::string names;
    std::size_t shown = 0;
    for (const auto& served : shelf.list()) {
        if (++shown > kNamesShown) return names + ", …";
        names += (names.empty() ? "" : ", ") + served->name;
    }
    return names.empty() ? "none" : names;
}

void require_on_shelf(const ConceptShelf& shelf, const std::string& name, const char* field) {
    if (shelf.find(name)) return;
    throw RequestError(
        400, "invalid_request_error", field,
        std::string(field) + ": there is no concept " + in_quotes(name) + "; loaded are: " + names_on(shelf),
        "concept_not_found");
}

void require_all(const ConceptShelf& shelf, const GenerationFields& fields) {
    for (const ConceptChoice& choice : fields.concepts) {
        require_on_shelf(shelf, choice.name, "concepts");
        if (choice.gate) require_on_shelf(shelf, choice.gate->concept_name, "concepts");
    }
    for (const std::string& name : fields.projections) require_on_shelf(shelf, name, "projections");
}

/// Adds a probe for a concept that steers, unless there is one.
void watch(const ConceptShelf& shelf, const std::string& name, ChosenSteering& chosen, RequestRecord& record) try {
    if (std::ranges::find(record.probed, name) != record.probed.end()) return;
    chosen.probes.push_back(probes_of(shelf, std::span(&name, 1)).front());
    record.probed.push_back(name);
    ++chosen.unreported;
} catch (const Error&) {  // unloaded since the steering was made: its answer is not measured
}

/// The arm's.
std::string persona_of(const RolloutChoice& choice) {
    return choice.arm == Arm::treatment ? choice.plan->treatment_persona : choice.plan->control_persona;
}

RequestError steering_refusal(const Error& error, const GenerationFields& fields) {
    if (fields.persona.empty() || error.kind() != ErrorKind::argument) return request_error_of(error, "concepts");
    return bad_field("persona", fields.persona + ": " + error.what());
}

}  // namespace

ChosenSteering choose_steering(const Service& service, const GenerationFields& fields, RequestRecord& record) {
    require_all(service.shelf, fields);
    if (service.rollouts != nullptr && !fields.chooses_concepts) {
        record.rollout = service.rollouts->choose(fields.user, record.key_name, record.id);
    }
    try {
        ChosenSteering chosen;
        chosen.probes = probes_of(service.shelf, fields.projections);
        record.probed = fields.projections;
        if (record.rollout) {
            chosen.steering = record.rollout->steering;
            chosen.steering_switch = record.rollout->steering_switch;
            record.persona = persona_of(*record.rollout);
        } else {
            chosen.steering = steering_of(service.shelf, fields.concepts, service.dose_rule);
            record.persona = fields.persona;
        }
        if (record.rollout || service.monitor == Monitor::all) {
            for (const AppliedConcept& each : chosen.steering.applied()) {
                watch(service.shelf, each.name, chosen, record);
            }
        }
        return chosen;
    } catch (const Error& error) {
        throw steering_refusal(error, fields);
    }
}

CompletionRequest completion_request(const GenerationFields& fields, ChosenSteering chosen, std::vector<Token> prompt) {
    CompletionRequest request;
    request.prompt = std::move(prompt);
    request.sampling = fields.sampling;
    request.max_tokens = fields.max_tokens;
    request.stop = fields.stop;
    request.logprobs = fields.logprobs;
    request.steering = std::move(chosen.steering);
    request.steering_switch = std::move(chosen.steering_switch);
    request.probes = std::move(chosen.probes);
    request.unreported = chosen.unreported;
    request.time_limit = fields.time_limit;
    return request;
}

std::shared_ptr<CompletionStream> submit(const Service& service, CompletionRequest request) {
    auto taken = service.scheduler.submit(std::move(request));
    if (auto* stream = std::get_if<std::shared_ptr<CompletionStream>>(&taken)) return *stream;
    throw refusal_of(std::get<Refused>(taken));
}

RequestError refusal_of(const Refused& refused) {
    const bool full = refused.why == Refused::Why::queue_full;
    return RequestError(full ? 429 : 503, full ? "rate_limit_error" : "server_error", "",
                        full ? "as many requests wait as may; try again later" : "the server is ending",
                        full ? "queue_full" : "draining")
        .with_retry_after(refused.retry_after);
}

void deliver(CompletionStream& stream, AnswerFormat& format, Delivery delivery, Exchange& exchange,
             RequestRecord& record) {
    const CancelAtEnd cancel(stream);
    if (delivery == Delivery::whole) {
        deliver_whole(stream, format, exchange, record);
    } else {
        deliver_events(stream, format, delivery, exchange, record);
    }
}

}  // namespace contrans::server
