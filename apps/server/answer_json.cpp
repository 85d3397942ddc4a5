#include "apps/server/answer_json.h"

#include "apps/server/logprobs_json.h"
#include "apps/server/rollout_json.h"
#include "apps/server/steering_json.h"
#include "contrans/core/version.h"

namespace contrans::server {
namespace {

double milliseconds(std::chrono::microseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

Json head_json(const AnswerHead& head, const char* object) {
    return {{"id", head.id},
            {"object", object},
            {"created", head.created},
            {"model", head.model},
            {"system_fingerprint", std::string("contrans-") + kVersion}};
}

Json message_json(const ParsedAnswer& answer) {
    const bool calls = !answer.tool_calls.empty();
    Json message = {{"role", "assistant"},
                    {"content", calls && answer.content.empty() ? Json() : Json(answer.content)}};
    if (!answer.reasoning.empty()) message["reasoning_content"] = answer.reasoning;
    if (calls) message["tool_calls"] = tool_calls_json(answer.tool_calls, CallIndex::none);
    return message;
}

Json whole_json(Json json, Json choice, const AnswerText& whole, const AnswerExtras& extras, const CompletionEnd& end) {
    json["choices"] = Json::array({std::move(choice)});
    json["usage"] = usage_json(end);
    json["contrans"] = contrans_json(extras, whole.tokens, end);
    return json;
}

}  // namespace

std::string finish_reason(FinishReason reason, const std::vector<ToolCall>& calls) {
    if (reason == FinishReason::stop) return calls.empty() ? "stop" : "tool_calls";
    return "length";
}

Json usage_json(const CompletionEnd& end) {
    return {{"prompt_tokens", end.prompt_tokens},
            {"completion_tokens", end.generated_tokens},
            {"total_tokens", end.prompt_tokens + end.generated_tokens},
            {"prompt_tokens_details", {{"cached_tokens", end.cached_tokens}}}};
}

Json contrans_json(const AnswerExtras& extras, const std::vector<TokenReport>& tokens, const CompletionEnd& end) {
    Json json = {{"concepts", applied_json(extras.applied)},
                 {"ended", to_string(end.reason)},
                 {"timings",
                  {{"queued_ms", milliseconds(end.queued)},
                   {"first_token_ms", milliseconds(end.first_token)},
                   {"total_ms", milliseconds(end.total)}}}};
    if (end.switched_off) json["switched_off_at"] = end.switched_off_at;
    if (!extras.persona.empty()) json["persona"] = extras.persona;
    if (extras.rollout) json["rollout"] = rollout_json(*extras.rollout);
    if (!end.stopped_by.empty()) json["stopped_by"] = end.stopped_by;
    if (!extras.projections.empty()) json["projections"] = projections_json(tokens, extras.projections);
    return json;
}

Json chat_answer_json(const AnswerHead& head, const ParsedAnswer& answer, const AnswerText& whole,
                      const AnswerExtras& extras, const CompletionEnd& end) {
    Json choice = {{"index", 0},
                   {"message", message_json(answer)},
                   {"logprobs", extras.logprobs ? chat_logprobs_json(whole.tokens) : Json()},
                   {"finish_reason", finish_reason(end.reason, answer.tool_calls)}};
    return whole_json(head_json(head, "chat.completion"), std::move(choice), whole, extras, end);
}

Json completion_answer_json(const AnswerHead& head, const AnswerText& whole, const AnswerExtras& extras,
                            const CompletionEnd& end) {
    Json choice = {{"index", 0},
                   {"text", whole.text},
                   {"logprobs", extras.logprobs ? completion_logprobs_json(whole.tokens) : Json()},
                   {"finish_reason", finish_reason(end.reason, {})}};
    return whole_json(head_json(head, "text_completion"), std::move(choice), whole, extras, end);
}

Json tool_calls_json(const std::vector<ToolCall>& calls, CallIndex index) {
    Json list = Json::array();
    for (const ToolCall& call : calls) {
        Json entry = Json::object();
        if (index == CallIndex::numbered) entry["index"] = list.size();
        entry["id"] = call.id;
        entry["type"] = "function";
        entry["function"] = {{"name", call.name}, {"arguments", call.arguments}};
        list.push_back(std::move(entry));
    }
    return list;
}

Json empty_chunk(const AnswerHead& head, const char* object) {
    Json json = head_json(head, object);
    json["choices"] = Json::array();
    return json;
}

std::string event_text(const Json& json) { return "data: " + dump(json) + "\n\n"; }

std::string done_event() { return "data: [DONE]\n\n"; }

}  // namespace contrans::server
