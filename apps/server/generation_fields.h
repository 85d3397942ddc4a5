#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "apps/server/field_reader.h"
#include "contrans/runtime/sampler.h"
#include "contrans/serve/concept_choice.h"

namespace contrans::server {

/// What reading a request needs to know of the server.
struct RequestRules {
    std::vector<std::string> model_names;  ///< that the served model answers to; the first is its own
    std::size_t vocabulary_size = 0;
    std::chrono::milliseconds longest_time{
        600'000};  ///< that a request may ask for, and the limit of those that do not
};

/// Whether an answer comes whole or by server-sent events, and whether those end with the counts of tokens.
enum class Delivery { whole, events, events_with_usage };

/// What chat and plain completions have in common.
struct GenerationFields {
    std::string model;  ///< as the client wrote it; echoed
    std::vector<ConceptChoice> concepts;
    std::string persona;  ///< "warm-support" or "warm-support@2", in the place of concepts; empty: none
    SamplerOptions sampling;
    std::size_t max_tokens = 0;  ///< 0: as many as the context holds
    std::vector<std::string> stop;
    std::optional<std::size_t> logprobs;  ///< alternatives for each token; nothing: no logprobs
    std::chrono::milliseconds time_limit{};
    Delivery delivery = Delivery::whole;
    std::string user;               ///< the client's stable id of whoever asks; empty: none
    bool chooses_concepts = false;  ///< itself, be it none by an empty list; else a rollout may
    /// Concepts whose signal is wanted for every token.
    std::vector<std::string> projections;
    bool projects_persona = false;  ///< those of the persona's concepts, once it is known
};

/// Fields that are not known are ignored, as clients send many; those that are known and would change the answer
/// without effect here are refused. Throws RequestError: 400 naming the field, 404 for a model that is not served.
[[nodiscard]] GenerationFields generation_from(const FieldReader& body, const RequestRules& rules);

/// `persona`; empty: none. Throws RequestError 400 for a name that no persona can have, and beside `chosen`, the
/// request's concepts, or a `concepts` that is empty.
[[nodiscard]] std::string persona_from(const FieldReader& body, const std::vector<ConceptChoice>& chosen);

// What others that read such requests share.

/// 400 for `n` and `best_of` other than 1.
void refuse_several_answers(const FieldReader& body);
/// OpenAI's newer name for the client's stable id first; empty: none.
[[nodiscard]] std::string user_from(const FieldReader& body);
[[nodiscard]] std::chrono::milliseconds time_limit_from(const FieldReader& body, std::chrono::milliseconds longest);
[[nodiscard]] Delivery delivery_from(const FieldReader& body);

/// `model` alone, for embeddings. @return the choices in its name
[[nodiscard]] std::vector<ConceptChoice> served_model_from(const FieldReader& body, const RequestRules& rules);

}  // namespace contrans::server
