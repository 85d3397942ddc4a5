#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/gateway/engine_call.h"
#include "apps/gateway/forwarded_body.h"
#include "apps/gateway/upstreams.h"
#include "apps/server/json_body.h"
#include "apps/server/request_error.h"

namespace contrans::gateway {

/// What of an engine's answer, or of a chunk of one, matters here. Fields of other types than OpenAI's count as
/// missing.
struct AnswerPart {
    std::string text;                           ///< of the first choice
    bool tells = false;                         ///< has text, reasoning or a tool call
    std::optional<std::string> finish_reason;   ///< "stop"; nothing: it goes on
    std::optional<std::size_t> prompt_tokens;   ///< as counted by the engine
    std::optional<std::size_t> written_tokens;  ///< likewise, of the answer
    std::optional<std::string> error;           ///< the engine's message where this is an error instead
};
[[nodiscard]] AnswerPart answer_part(const server::Json& json, AnswerKind kind);

/// An engine's text as a JSON object. Throws EngineTrouble 502.
[[nodiscard]] server::Json engine_json(const Engine& engine, std::string_view text);

/// What a client is told of an engine's refusal: its 4xx with its words; but 502 where it refused the gateway's own key
/// or has trouble of its own. @param retry_after  the header's value @throws EngineTrouble  the latter
[[nodiscard]] server::RequestError passed_on(const Engine& engine, unsigned status, std::string_view body,
                                             const std::string& retry_after);

}  // namespace contrans::gateway
