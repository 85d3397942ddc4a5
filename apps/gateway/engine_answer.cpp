#include "apps/gateway/engine_answer.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "contrans/core/utf8.h"

namespace contrans::gateway {
namespace {

using server::Json;
using server::RequestError;

constexpr std::size_t kDeepestAnswer = 64;
constexpr std::size_t kLongestMessage = 2000;
constexpr int kLongestWait = 86400;  // seconds

const Json kNothing;

/// A member of an object, an element of a list; null where there is none.
const Json& at(const Json& json, const char* key) {
    if (!json.is_object()) return kNothing;
    const auto found = json.find(key);
    return found == json.end() ? kNothing : *found;
}
const Json& first_of(const Json& json) { return json.is_array() && !json.empty() ? json.front() : kNothing; }

std::string text_at(const Json& json, const char* key) {
    const Json& value = at(json, key);
    return value.is_string() ? value.get<std::string>() : "";
}

std::optional<std::size_t> count_at(const Json& json, const char* key) {
    const Json& value = at(json, key);
    return value.is_number_unsigned() ? std::optional(value.get<std::size_t>()) : std::nullopt;
}

/// OpenAI's counts, or llama.cpp's own where a stream was not asked for those.
void count_tokens(const Json& json, AnswerPart& part) {
    const Json& usage = at(json, "usage");
    const Json& timings = at(json, "timings");
    part.prompt_tokens = usage.is_object() ? count_at(usage, "prompt_tokens") : count_at(timings, "prompt_n");
    part.written_tokens = usage.is_object() ? count_at(usage, "completion_tokens") : count_at(timings, "predicted_n");
}

/// Of a whole answer or of a chunk.
void read_choice(const Json& choice, AnswerKind kind, AnswerPart& part) {
    if (at(choice, "finish_reason").is_string()) part.finish_reason = text_at(choice, "finish_reason");
    if (kind == AnswerKind::text) {
        part.text = text_at(choice, "text");
        part.tells = !part.text.empty();
        return;
    }
    const Json& message = at(choice, "delta").is_object() ? at(choice, "delta") : at(choice, "message");
    part.text = text_at(message, "content");
    const Json& calls = at(message, "tool_calls");
    part.tells =
        !part.text.empty() || !text_at(message, "reasoning_content").empty() || (calls.is_array() && !calls.empty());
}

/// At most so many bytes of it, whole characters.
std::string shortened(std::string text) {
    if (text.size() <= kLongestMessage) return text;
    text.resize(kLongestMessage);
    if (const auto cut = first_invalid_utf8(text)) text.resize(*cut);
    return text + "…";
}

Json object_or_nothing(std::string_view text) try {
    return server::parse_body(text, kDeepestAnswer);
} catch (const RequestError&) {
    return {};
}

std::chrono::seconds seconds_of(const std::string& retry_after) {
    int seconds = 0;
    std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    return std::chrono::seconds(std::clamp(seconds, 0, kLongestWait));
}

}  // namespace

AnswerPart answer_part(const Json& json, AnswerKind kind) {
    AnswerPart part;
    if (at(json, "error").is_object()) part.error = shortened(text_at(at(json, "error"), "message"));
    if (at(json, "error").is_string()) part.error = shortened(text_at(json, "error"));
    read_choice(first_of(at(json, "choices")), kind, part);
    count_tokens(json, part);
    return part;
}

Json engine_json(const Engine& engine, std::string_view text) try {
    return server::parse_body(text, kDeepestAnswer);
} catch (const RequestError& error) {
    throw engine_failed(engine, "answered what is no JSON object", "engine_answer_broken", error.what());
}

RequestError passed_on(const Engine& engine, unsigned status, std::string_view body, const std::string& retry_after) {
    const Json json = object_or_nothing(body);
    const Json& error = at(json, "error");
    const std::string message = shortened(error.is_string() ? error.get<std::string>() : text_at(error, "message"));
    if (status == 401 || status == 403) {
        throw engine_failed(engine, "does not take the gateway's key", "engine_key_refused", message);
    }
    if (status < 400 || status > 499) {
        throw engine_failed(engine, "answered with status " + std::to_string(status), "engine_failed", message);
    }
    const std::string type = text_at(error, "type");
    return RequestError(
               static_cast<int>(status), type.empty() ? "invalid_request_error" : shortened(type),
               shortened(text_at(error, "param")),
               message.empty() ? "engine " + engine.name + " answered with status " + std::to_string(status) : message,
               shortened(text_at(error, "code")))
        .with_retry_after(seconds_of(retry_after));
}

}  // namespace contrans::gateway
