#include <string>
#include <string_view>

#include "apps/server/error_answer.h"
#include "apps/server/field_reader.h"
#include "apps/server/routes.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

/// A rating of an answer, more is worse.
struct Rating {
    OutcomeMetric metric = OutcomeMetric::thumbs_down;
    double value = 0;
};

Rating rating_from(const FieldReader& fields) {
    const auto thumbs = fields.word("thumbs", {"up", "down"});
    const auto score = fields.number("score", {0, 1});
    if (thumbs.has_value() == score.has_value()) fields.fail("thumbs", "or \"score\" must be given, and not both");
    if (thumbs) return {OutcomeMetric::thumbs_down, *thumbs == "down" ? 1.0 : 0.0};
    return {OutcomeMetric::task_failure, 1 - *score};
}

/// Without what chat and plain completions put before it.
std::string answer_id(std::string_view id) {
    for (const std::string_view begin : {"chatcmpl-", "cmpl-"}) {
        if (id.starts_with(begin)) return std::string(id.substr(begin.size()));
    }
    return std::string(id);
}

}  // namespace

void take_feedback(const Operation& operation, Exchange& exchange, RequestRecord& record) {
    const Json json = parse_body(exchange.request().body);
    const FieldReader fields(json, "");
    fields.refuse_others({"id", "thumbs", "score"});
    const std::string id = answer_id(fields.required_text("id"));
    const Rating rating = rating_from(fields);
    record.rated = id;
    if (operation.rollouts == nullptr || !operation.rollouts->rate(id, rating.metric, rating.value)) {
        throw RequestError(404, "invalid_request_error", "id", "no rollout has an answer " + in_quotes(id),
                           "answer_not_found");
    }
    exchange.respond({200, dump(Json{{"id", id}, {"taken", true}}) + "\n"});
}

}  // namespace contrans::server
