#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "apps/server/generation_fields.h"
#include "apps/server/json_body.h"
#include "contrans/serve/concept_choice.h"

namespace contrans::gateway {

/// The two kinds of completion, which differ in where they have their text.
enum class AnswerKind { chat, text };

/// A client's body, and what of it is ours.
struct ForwardedBody {
    server::Json json;  ///< for the engine: without our own fields, the model without concepts in its name
    std::string model;  ///< as the client wrote it; echoed
    std::vector<ConceptChoice> concepts;
    bool chooses_concepts = false;  ///< itself, be it none by an empty list; else a rollout may
    std::string user;               ///< the client's stable id of whoever asks; empty: none
    server::Delivery delivery = server::Delivery::whole;
    std::chrono::milliseconds time_limit{};
};

/// What the engine is to check is left to it. Throws RequestError: 400 naming a field of ours that breaks a rule, or
/// that would change the answer without effect here (`projections`, more than one answer); 404 for another model.
/// @param rules  the names of the model, and the longest time
[[nodiscard]] ForwardedBody parse_forwarded_body(std::string_view body, const server::RequestRules& rules);

/// What was asked, for an audit log that keeps prompts: the prompt, or the messages as JSON.
[[nodiscard]] std::string prompt_text(const server::Json& body, AnswerKind kind);

}  // namespace contrans::gateway
