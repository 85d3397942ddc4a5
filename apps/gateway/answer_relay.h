#pragma once

#include <chrono>
#include <string>

#include "apps/gateway/engine_answer.h"
#include "apps/gateway/engine_call.h"
#include "apps/gateway/forwarded_body.h"
#include "apps/gateway/gateway_service.h"
#include "apps/server/answer_events.h"

namespace contrans::gateway {

/// One client's answer, taken from an engine and given on as it comes. The `id` becomes ours and `model` what the
/// client wrote, in every chunk; `contrans` tells of engine, concepts and rollout.
///
/// Where a rollout is rolled back meanwhile nothing more of its steered answer is given: a stream ends with
/// "switched_off". Of what nothing was given yet the plain engine is asked instead, in the time that is left.
class AnswerRelay {
public:
    AnswerRelay(const GatewayService& service, AnswerKind kind, const ForwardedBody& body, server::Exchange& exchange,
                server::RequestRecord& record);

    /// Throws RequestError where nothing was given: what the engine refused, or what it could not do.
    void give(const Engine& engine, const Engine& plain);

private:
    bool relay(const Engine& engine);
    bool relay_whole(EngineCall& call);
    bool relay_events(EngineCall& call);
    bool relay_chunk(const std::string& data);
    bool end_events();
    bool halt();
    void fail(const EngineTrouble& trouble);

    void note(const AnswerPart& part);
    void make_ours(server::Json& json) const;
    [[nodiscard]] server::Json contrans_json() const;
    [[nodiscard]] server::Json last_chunk() const;
    [[nodiscard]] std::chrono::microseconds since_beginning() const;
    void keep(FinishReason reason);

    const GatewayService& service_;
    AnswerKind kind_;
    const ForwardedBody& body_;
    server::Exchange& exchange_;
    server::RequestRecord& record_;
    server::AnswerEvents events_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    const SteeringSwitch* steering_switch_ = nullptr;  // of what is asked; null: it is not to be taken back
    const Engine* engine_ = nullptr;                   // that is asked
    CompletionEnd end_;
    std::string text_;
    bool finished_ = false;   // a chunk with the finish reason was given
    std::size_t pieces_ = 0;  // with text, tokens where the engine does not count them
    bool counted_ = false;    // by the engine
};

}  // namespace contrans::gateway
