#include "apps/server/logprobs_json.h"

#include <algorithm>
#include <string>

namespace contrans::server {
namespace {

/// JSON has no infinity; OpenAI says −9999 too.
double finite_logprob(double logprob) { return std::max(logprob, -9999.0); }

Json bytes_json(const std::string& piece) {
    Json bytes = Json::array();
    for (const char c : piece) bytes.push_back(static_cast<unsigned char>(c));
    return bytes;
}

Json scored_json(const std::string& piece, double logprob) {
    return {{"token", piece}, {"logprob", finite_logprob(logprob)}, {"bytes", bytes_json(piece)}};
}

}  // namespace

Json chat_logprobs_json(std::span<const TokenReport> tokens) {
    Json content = Json::array();
    for (const TokenReport& token : tokens) {
        Json entry = scored_json(token.piece, token.logprob);
        entry["top_logprobs"] = Json::array();
        for (const auto& other : token.top) entry["top_logprobs"].push_back(scored_json(other.piece, other.logprob));
        content.push_back(std::move(entry));
    }
    return {{"content", std::move(content)}};
}

Json completion_logprobs_json(std::span<const TokenReport> tokens, std::size_t offset) {
    Json json = {{"tokens", Json::array()},
                 {"token_logprobs", Json::array()},
                 {"top_logprobs", Json::array()},
                 {"text_offset", Json::array()}};
    for (const TokenReport& token : tokens) {
        Json top = Json::object();
        for (const auto& other : token.top) top[other.piece] = finite_logprob(other.logprob);
        json["tokens"].push_back(token.piece);
        json["token_logprobs"].push_back(finite_logprob(token.logprob));
        json["top_logprobs"].push_back(std::move(top));
        json["text_offset"].push_back(offset);
        offset += characters_in(token.piece);
    }
    return json;
}

std::size_t characters_in(std::string_view bytes) {
    return static_cast<std::size_t>(std::count_if(
        bytes.begin(), bytes.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace contrans::server
