#pragma once

#include <memory>

#include "apps/server/answer_format.h"
#include "apps/server/exchange.h"
#include "apps/server/request_error.h"
#include "apps/server/request_log.h"
#include "apps/server/service.h"

namespace contrans::server {

/// Steering and probes for a request's choices, or, where it makes none, for what a rollout decides; the record is
/// told. Concepts that steer are watched where a rollout decided or the server monitors. Throws RequestError 400:
/// "concept_not_found" with the names that there are, or the dose's rule.
struct ChosenSteering {
    RequestSteering steering;
    std::vector<Probe> probes;   ///< those that the request asked for, then those that are watched
    std::size_t unreported = 0;  ///< how many are watched alone
    std::shared_ptr<const SteeringSwitch> steering_switch;  ///< of the rollout; null: none
};
[[nodiscard]] ChosenSteering choose_steering(const Service& service, const GenerationFields& fields,
                                             RequestRecord& record);

/// What the scheduler is asked for, from the parts that both kinds of completion have.
[[nodiscard]] CompletionRequest completion_request(const GenerationFields& fields, ChosenSteering chosen,
                                                   std::vector<Token> prompt);

/// Submits. Throws RequestError: 400 for what does not fit the model or the context, 429 where the queue is full, 503
/// where the server is ending, both with Retry-After.
[[nodiscard]] std::shared_ptr<CompletionStream> submit(const Service& service, CompletionRequest request);

/// 429 or 503, as submit() throws them.
[[nodiscard]] RequestError refusal_of(const Refused& refused);

/// Sends the answer as it comes or whole. When the client goes away the request is cancelled. Throws RequestError 500
/// or 503 where the answer failed before anything of it was sent.
void deliver(CompletionStream& stream, AnswerFormat& format, Delivery delivery, Exchange& exchange,
             RequestRecord& record);

}  // namespace contrans::server
