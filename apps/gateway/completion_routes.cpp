#include <chrono>

#include "apps/gateway/answer_relay.h"
#include "apps/gateway/engine_choice.h"
#include "apps/gateway/routes.h"

namespace contrans::gateway {
namespace {

using server::RequestError;

const Engine& chosen_engine(const Upstreams& upstreams, const ForwardedBody& body) {
    const Engine* engine = engine_for(upstreams, wanted(body.concepts));
    if (engine != nullptr) return *engine;
    throw RequestError(400, "invalid_request_error", "concepts",
                       "concepts: no engine has exactly these; there are " + mixes_text(upstreams), "mix_not_found");
}

/// Served when it was chosen: only a file that was read anew in this moment can have taken it away.
const Engine& arm_engine(const Upstreams& upstreams, const server::RolloutChoice& choice) {
    const RolloutPlan& plan = *choice.plan;
    const Engine* engine = engine_for(upstreams, wanted(choice.arm == Arm::treatment ? plan.treatment : plan.control));
    if (engine != nullptr) return *engine;
    throw RequestError(503, "server_error", "", "the engines have just changed; try again", "engines_changed")
        .with_retry_after(std::chrono::seconds(1));
}

const Engine& engine_of(const GatewayService& service, const Upstreams& upstreams, const ForwardedBody& body,
                        server::RequestRecord& record) {
    if (body.chooses_concepts) return chosen_engine(upstreams, body);
    if (service.rollouts != nullptr) {
        record.rollout = service.rollouts->choose(body.user, record.key_name, record.id);
    }
    return record.rollout ? arm_engine(upstreams, *record.rollout) : plain_engine(upstreams);
}

void answer(const GatewayService& service, AnswerKind kind, server::Exchange& exchange, server::RequestRecord& record) {
    const auto upstreams = service.engines.current();
    const ForwardedBody body =
        parse_forwarded_body(exchange.request().body, {{upstreams->model}, 0, service.longest_time});
    const Engine& engine = engine_of(service, *upstreams, body, record);
    if (service.audit != nullptr && service.audit->keeps_prompts()) record.prompt = prompt_text(body.json, kind);
    AnswerRelay(service, kind, body, exchange, record).give(engine, plain_engine(*upstreams));
}

}  // namespace

void answer_chat(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record) {
    answer(service, AnswerKind::chat, exchange, record);
}

void answer_completion(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record) {
    answer(service, AnswerKind::text, exchange, record);
}

}  // namespace contrans::gateway
