#include "apps/server/completion_body.h"

#include "apps/server/request_error.h"

namespace contrans::server {
namespace {

constexpr std::size_t kMostPromptTokens = std::size_t{1} << 20;

Token token_from(const Json& json, const std::string& path, std::size_t vocabulary_size) {
    if (json.is_number_unsigned() && json.get<std::uint64_t>() < vocabulary_size) return json.get<Token>();
    throw bad_field(path, "tokens must be whole numbers below " + std::to_string(vocabulary_size));
}

std::vector<Token> tokens_from(const Json& list, const std::string& path, std::size_t vocabulary_size) {
    if (list.size() > kMostPromptTokens) throw bad_field(path, "has more than 1048576 tokens");
    std::vector<Token> tokens;
    for (const Json& each : list) tokens.push_back(token_from(each, path, vocabulary_size));
    return tokens;
}

}  // namespace

std::variant<std::string, std::vector<Token>> text_or_tokens(const Json& json, const std::string& path,
                                                             std::size_t vocabulary_size) {
    if (json.is_string()) {
        if (json.get_ref<const std::string&>().empty()) throw bad_field(path, "must not be empty");
        return json.get<std::string>();
    }
    if (!json.is_array() || json.empty()) throw bad_field(path, "must be a text or a list of tokens, and not empty");
    if (json.front().is_number()) return tokens_from(json, path, vocabulary_size);
    if (json.size() > 1) throw bad_field(path, "must be one text; there are " + std::to_string(json.size()));
    return text_or_tokens(json.front(), path + "[0]", vocabulary_size);
}

CompletionBody parse_completion_body(std::string_view body, const RequestRules& rules) {
    const Json json = parse_body(body);
    const FieldReader fields(json, "");
    if (!fields.has("prompt")) fields.fail("prompt", "is missing");
    return {generation_from(fields, rules), text_or_tokens(json["prompt"], "prompt", rules.vocabulary_size)};
}

}  // namespace contrans::server
