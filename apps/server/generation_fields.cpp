#include "apps/server/generation_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "apps/server/concept_fields.h"
#include "apps/server/model_name.h"
#include "apps/server/request_error.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/persona.h"

namespace contrans::server {
namespace {

constexpr std::uint64_t kMostTokens = 10'000'000;
constexpr std::uint64_t kMostAlternatives = 20;
constexpr std::size_t kMostStops = 16;
constexpr std::size_t kLongestStop = 1024;
constexpr std::size_t kLongestGrammar = std::size_t{64} << 10;
constexpr double kBannedBias = -100;  // OpenAI's scale ends there: the token never comes

/// Fields that ask for something this server does not do; silence would be a wrong answer.
void refuse_unmet(const FieldReader& body) {
    refuse_several_answers(body);
    if (body.flag("echo").value_or(false)) body.fail("echo", "the prompt is not echoed");
    if (!body.text("suffix", kLongestText).value_or("").empty())
        body.fail("suffix", "texts are continued, not filled in");
}

Token token_from(const std::string& key, const FieldReader& body, std::size_t vocabulary_size) {
    Token token = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), token);
    const bool whole = error == std::errc() && end == key.data() + key.size();
    if (whole && token >= 0 && static_cast<std::size_t>(token) < vocabulary_size) return token;
    body.fail("logit_bias",
              "keys must be tokens, 0 to " + std::to_string(vocabulary_size - 1) + ", not " + in_quotes(key));
}

std::vector<std::pair<Token, double>> logit_bias_from(const FieldReader& body, std::size_t vocabulary_size) {
    const std::optional<FieldReader> given = body.object("logit_bias");
    std::vector<std::pair<Token, double>> bias;
    if (!given) return bias;
    if (given->json().size() > kLongestList) body.fail("logit_bias", "must have at most 4096 tokens");
    for (const auto& [key, unused] : given->json().items()) {
        const Token token = token_from(key, body, vocabulary_size);
        const double value = given->number(key.c_str(), {-100, 100}).value_or(0);
        bias.emplace_back(token, value <= kBannedBias ? -std::numeric_limits<double>::infinity() : value);
    }
    return bias;
}

SamplerOptions sampling_from(const FieldReader& body, std::size_t vocabulary_size) {
    SamplerOptions options;
    options.temperature = body.number("temperature", {0, 100}).value_or(options.temperature);
    options.top_k = body.whole("top_k", {0, kMostTokens}).value_or(options.top_k);
    options.top_p = body.number("top_p", {0, 1}).value_or(options.top_p);
    options.min_p = body.number("min_p", {0, 1}).value_or(options.min_p);
    options.typical_p = body.number("typical_p", {0, 1}).value_or(options.typical_p);
    options.repetition_penalty = body.number("repetition_penalty", {0.01, 100}).value_or(options.repetition_penalty);
    options.presence_penalty = body.number("presence_penalty", {-2, 2}).value_or(options.presence_penalty);
    options.frequency_penalty = body.number("frequency_penalty", {-2, 2}).value_or(options.frequency_penalty);
    options.logit_bias = logit_bias_from(body, vocabulary_size);
    // Python clients send seeds of 64 bits.
    if (const auto seed = body.whole("seed")) options.seed = static_cast<std::uint32_t>(*seed ^ (*seed >> 32));
    options.grammar.gbnf = body.text("grammar", kLongestGrammar).value_or("");
    return options;
}

std::vector<std::string> stop_from(const FieldReader& body) {
    const Json* value = body.value("stop");
    if (value == nullptr) return {};
    const Json list = value->is_array() ? *value : Json::array({*value});
    if (list.size() > kMostStops) body.fail("stop", "must have at most 16 strings");
    std::vector<std::string> stop;
    for (const Json& each : list) {
        if (!each.is_string()) body.fail("stop", "must be a string or a list of strings");
        stop.push_back(each.get<std::string>());
        if (stop.back().empty() || stop.back().size() > kLongestStop) body.fail("stop", "a string has 1 to 1024 bytes");
    }
    return stop;
}

/// Chat says `logprobs: true, top_logprobs: 5`, plain completions `logprobs: 5`.
std::optional<std::size_t> logprobs_from(const FieldReader& body) {
    const Json* value = body.value("logprobs");
    const auto top = body.whole("top_logprobs", {0, kMostAlternatives});
    if (value != nullptr && value->is_boolean()) {
        if (!value->get<bool>() && top.value_or(0) > 0) body.fail("top_logprobs", "needs logprobs to be true");
        return value->get<bool>() ? std::optional<std::size_t>(top.value_or(0)) : std::nullopt;
    }
    if (value == nullptr && top.value_or(0) > 0) body.fail("top_logprobs", "needs logprobs to be true");
    const auto count = body.whole("logprobs", {0, kMostAlternatives});
    return count ? std::optional<std::size_t>(*count) : std::nullopt;
}

std::size_t max_tokens_from(const FieldReader& body) {
    const auto newer = body.whole("max_completion_tokens", {1, kMostTokens});
    const auto older = body.whole("max_tokens", {1, kMostTokens});
    return static_cast<std::size_t>(newer ? *newer : older.value_or(0));
}

/// `true` for every concept of the request, or a list of names.
std::vector<std::string> projections_from(const FieldReader& body, const std::vector<ConceptChoice>& chosen) {
    const Json* value = body.value("projections");
    std::vector<std::string> names;
    if (value != nullptr && value->is_boolean()) {
        for (const ConceptChoice& each : chosen) {
            if (value->get<bool>()) names.push_back(each.name);
        }
        return names;
    }
    const Json* list = body.list("projections", kMostConcepts);
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const std::string path = body.path("projections") + "[" + std::to_string(i) + "]";
        if (!(*list)[i].is_string()) throw bad_field(path, "must be a concept's name");
        names.push_back((*list)[i].get<std::string>());
        require_concept_name(names.back(), path);
    }
    return names;
}

}  // namespace

std::string persona_from(const FieldReader& body, const std::vector<ConceptChoice>& chosen) {
    const std::string persona = body.text("persona").value_or("");
    if (!body.has("persona")) return "";
    if (!chosen.empty() || body.has("concepts")) {
        body.fail("persona", "stands in the place of concepts, be they in the model's name: give one of them");
    }
    try {
        (void)parse_persona_reference(persona);
    } catch (const Error& error) {
        throw RequestError(400, "invalid_request_error", body.path("persona"), error.what());
    }
    return persona;
}

void refuse_several_answers(const FieldReader& body) {
    for (const char* key : {"n", "best_of"}) {
        if (body.whole(key, {1, kMostTokens}).value_or(1) != 1) body.fail(key, "only 1 answer to a request is written");
    }
}

std::string user_from(const FieldReader& body) {
    return body.text("safety_identifier").value_or(body.text("user").value_or(""));
}

std::chrono::milliseconds time_limit_from(const FieldReader& body, std::chrono::milliseconds longest) {
    const double most = std::chrono::duration<double>(longest).count();
    const auto seconds = body.number("time_limit", {0.001, most});
    return seconds ? std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000)) : longest;
}

Delivery delivery_from(const FieldReader& body) {
    const bool streams = body.flag("stream").value_or(false);
    const auto options = body.object("stream_options");
    const bool usage = options && options->flag("include_usage").value_or(false);
    if (!streams) return Delivery::whole;
    return usage ? Delivery::events_with_usage : Delivery::events;
}

std::vector<ConceptChoice> served_model_from(const FieldReader& body, const RequestRules& rules) {
    const ModelName name = parse_model_name(body.text("model", kLongestModelName).value_or(""), rules.model_names);
    const auto& served = rules.model_names;
    if (name.base.empty() || std::find(served.begin(), served.end(), name.base) != served.end()) return name.concepts;
    throw RequestError(404, "invalid_request_error", "model",
                       "model: " + in_quotes(name.base) + " is not served here; " + in_quotes(served.front()) + " is",
                       "model_not_found");
}

GenerationFields generation_from(const FieldReader& body, const RequestRules& rules) {
    refuse_unmet(body);
    GenerationFields fields;
    fields.concepts = joined(served_model_from(body, rules), concepts_from(body));
    fields.persona = persona_from(body, fields.concepts);
    fields.chooses_concepts = !fields.concepts.empty() || body.has("concepts") || !fields.persona.empty();
    fields.user = user_from(body);
    fields.model = body.text("model", kLongestModelName).value_or(rules.model_names.front());
    fields.sampling = sampling_from(body, rules.vocabulary_size);
    fields.max_tokens = max_tokens_from(body);
    fields.stop = stop_from(body);
    fields.logprobs = logprobs_from(body);
    fields.time_limit = time_limit_from(body, rules.longest_time);
    fields.delivery = delivery_from(body);
    fields.projections = projections_from(body, fields.concepts);
    const Json* projections = body.value("projections");
    fields.projects_persona = projections != nullptr && projections->is_boolean() && projections->get<bool>();
    return fields;
}

}  // namespace contrans::server
