#include "apps/gateway/forwarded_body.h"

#include "apps/server/concept_fields.h"
#include "apps/server/field_reader.h"
#include "apps/server/model_name.h"

namespace contrans::gateway {
namespace {

using server::FieldReader;
using server::Json;
using server::RequestRules;

/// Fields that no engine could meet through a gateway; silence would be a wrong answer.
void refuse_unmet(const FieldReader& body) {
    server::refuse_several_answers(body);
    if (body.has("persona")) body.fail("persona", "a gateway knows none; choose the concepts of an engine");
    const Json* projections = body.value("projections");
    const bool none = projections == nullptr || *projections == Json(false) || *projections == Json::array();
    if (!none) body.fail("projections", "engines behind a gateway report none");
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
    forwarded.user = server::user_from(fields);
    forwarded.delivery = server::delivery_from(fields);
    forwarded.time_limit = server::time_limit_from(fields, rules.longest_time);
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
