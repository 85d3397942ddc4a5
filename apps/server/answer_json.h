#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/server/generation_fields.h"
#include "apps/server/json_body.h"
#include "apps/server/rollout_choice.h"
#include "contrans/runtime/chat_format.h"
#include "contrans/serve/completion.h"

namespace contrans::server {

/// What an answer and each of its chunks begin with.
struct AnswerHead {
    std::string id;
    std::string model;         ///< as the client wrote it
    std::int64_t created = 0;  ///< seconds since 1970
};

/// A whole answer; of the tokens those things that were asked for.
struct AnswerText {
    std::string text;
    std::vector<TokenReport> tokens;
};

/// What of the tokens goes into the answer.
struct AnswerExtras {
    bool logprobs = false;
    std::vector<std::string> projections;  ///< names; empty: none
    std::vector<AppliedConcept> applied;
    std::optional<RolloutChoice> rollout = std::nullopt;
    std::string persona = "";  ///< whose concepts were applied, "warm-support@2"; empty: none's
};

/// "stop", "length" or "tool_calls": OpenAI's words alone; `contrans.ended` says it exactly.
[[nodiscard]] std::string finish_reason(FinishReason reason, const std::vector<ToolCall>& calls);
[[nodiscard]] Json usage_json(const CompletionEnd& end);
/// The `contrans` field of a whole answer.
[[nodiscard]] Json contrans_json(const AnswerExtras& extras, const std::vector<TokenReport>& tokens,
                                 const CompletionEnd& end);

[[nodiscard]] Json chat_answer_json(const AnswerHead& head, const ParsedAnswer& answer, const AnswerText& whole,
                                    const AnswerExtras& extras, const CompletionEnd& end);
[[nodiscard]] Json completion_answer_json(const AnswerHead& head, const AnswerText& whole, const AnswerExtras& extras,
                                          const CompletionEnd& end);

/// [{"id", "type": "function", "function": {"name", "arguments"}}], each with "index" where `indexed`.
enum class CallIndex { none, numbered };
[[nodiscard]] Json tool_calls_json(const std::vector<ToolCall>& calls, CallIndex index);

/// A chunk of a streamed answer, without choices: {"id", "object", "created", "model", …, "choices": []}.
[[nodiscard]] Json empty_chunk(const AnswerHead& head, const char* object);

/// One event of server-sent events.
[[nodiscard]] std::string event_text(const Json& json);
/// The last one.
[[nodiscard]] std::string done_event();

}  // namespace contrans::server
