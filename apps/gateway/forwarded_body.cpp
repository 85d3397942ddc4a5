#include "apps/gateway/forwarded_body.h"

#include <algorithm>
#include <cstdint>

#include "apps/server/concept_fields.h"
#include "apps/server/field_reader.h"
#include "apps/server/model_name.h"

namespace contrans::gateway {
namespace {

using server::Delivery;
using server::FieldReader;
using server::Json;
using server::RequestRules;

constexpr std::uint64_t kMostAnswers = 1'000'000;

/// Fields that no engine could meet through a gateway; silence would be a wrong answer.
void refuse_unmet(const FieldReader& body) {
    for (const char* key : {"n", "best_of"}) {
        if (body.whole(key, {1, kMostAnswers}).value_or(1) != 1)
            body.fail(key, "only 1 answer to a request is written");
    }
    if (body.has("persona")) body.fail("persona", "a gateway knows none; choose the concepts of an engine");
    const Json* projections = body.value("projections");
    const bool none = projections == nullptr || *projections == Json(false) || *projections == Json::array();
    if (!none) body.fail("projections", "engines behind a gateway report none");
}

Delivery delivery_from(const FieldReader& body) {
    const auto options = body.object("stream_options");
    const bool usage = options && options->flag("include_usage").value_or(false);
    if (!body.flag("stream").value_or(false)) return Delivery::whole;
    return usage ? Delivery::events_with_usage : Delivery::events;
}

std::chrono::milliseconds time_limit_from(const FieldReader& body, std::chrono::milliseconds longest) {
    const double most = std::chrono::duration<double>(longest).count();
    const auto seconds = body.number("time_limit", {0.001, most});
    return seconds ? std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000)) : longest;
}

/// "gemma" of "gemma+polite@0.3".
std::string base_name(const std::string& model, const RequestRules& rules) {
    const std::string base = server::parse_model_name(model, rules.model_names).base;
    return base.empty() ? rules.model_names.front() : base;
}

}  // namespace

ForwardedBody parse_forwarded_body(std::string_view body, const RequestRules& rules) {
    ForwardedBody forwarded;
    forwarded.json = server::parse_body(body);
    const FieldReader fields(forwarded.json, "");
    refuse_unmet(fields);
    forwarded.concepts = server::joined(server::served_model_from(fields, rules), server::concepts_from(fields));
    forwarded.chooses_concepts = !forwarded.concepts.empty() || fields.has("concepts");
    forwarded.model = fields.text("model", server::kLongestModelName).value_or(rules.model_names.front());
    forwarded.user = fields.text("safety_identifier").value_or(fields.text("user").value_or(""));
    forwarded.delivery = delivery_from(fields);
    forwarded.time_limit = time_limit_from(fields, rules.longest_time);
    for (const char* ours : {"concepts", "projections", "time_limit"}) forwarded.json.erase(ours);
    forwarded.json["model"] = base_name(forwarded.model, rules);
    return forwarded;
}

std::string prompt_text(const Json& body, AnswerKind kind) {
    const char* key = kind == AnswerKind::chat ? "messages" : "prompt";
    if (!body.contains(key)) return "";
    return body[key].is_string() ? body[key].get<std::string>() : server::dump(body[key]);
}

}  // namespace contrans::gateway
