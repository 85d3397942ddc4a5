#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "apps/server/chosen_persona.h"
#include "apps/server/delivery.h"
#include "apps/server/embedding_body.h"
#include "apps/server/error_answer.h"
#include "apps/server/routes.h"
#include "apps/server/steering_json.h"

namespace contrans::server {
namespace {

/// RFC 4648, with padding.
std::string base64(std::string_view bytes) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t given = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < given ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) text += k <= given ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

/// Little-endian f32, as clients expect them.
std::string state_bytes(std::span<const float> state) {
    static_assert(std::endian::native == std::endian::little);
    std::string bytes(state.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), state.data(), bytes.size());
    return bytes;
}

Json state_json(const std::vector<float>& state, FloatFormat format) {
    if (format == FloatFormat::base64) return base64(state_bytes(state));
    return state;
}

std::vector<Token> tokens_of(const Service& service, const std::variant<std::string, std::vector<Token>>& input) {
    if (const auto* tokens = std::get_if<std::vector<Token>>(&input)) return *tokens;
    return service.model->tokenizer().tokenise(std::get<std::string>(input));
}

/// Three quarters up, where concepts are mostly read.
LayerIndex layer_of(const EmbeddingBody& body, const Model& model) {
    return body.layer.value_or(LayerIndex{model.n_layers() * 3 / 4});
}

std::future<Embedding> submitted(const Service& service, EmbeddingRequest request) {
    auto taken = service.scheduler.embed(std::move(request));
    if (auto* future = std::get_if<std::future<Embedding>>(&taken)) return std::move(*future);
    throw refusal_of(std::get<Refused>(taken));
}

RequestSteering steering_for(const Service& service, const EmbeddingBody& body, RequestRecord& record) {
    GenerationFields fields;
    fields.concepts = body.concepts;
    fields.persona = body.persona;
    fields.chooses_concepts = true;  // rollouts are of answers
    take_persona(service, fields);
    return choose_steering(service, fields, record).steering;
}

Json answer_json(const Service& service, const EmbeddingBody& body, const RequestSteering& steering) {
    Json data = Json::array();
    std::size_t tokens = 0;
    for (const auto& input : body.inputs) {
        // One after the other: a long list does not fill the queue.
        const Embedding got =
            submitted(service, {tokens_of(service, input), layer_of(body, *service.model), body.pooling, steering})
                .get();
        tokens += got.tokens;
        Json entry = Json::object();
        entry["object"] = "embedding";
        entry["index"] = data.size();
        entry["embedding"] = state_json(got.state, body.format);
        data.push_back(std::move(entry));
    }
    return {{"object", "list"},
            {"data", std::move(data)},
            {"model", body.model},
            {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}};
}

}  // namespace

void answer_embeddings(const Service& service, Exchange& exchange, RequestRecord& record) {
    const EmbeddingBody body = parse_embedding_body(exchange.request().body, service.rules);
    const RequestSteering steering = steering_for(service, body, record);
    record.applied = steering.applied();
    Json answer = answer_json(service, body, steering);
    answer["contrans"]["concepts"] = applied_json(record.applied);
    if (!record.persona.empty()) answer["contrans"]["persona"] = record.persona;
    answer["contrans"]["layer"] = layer_of(body, *service.model).value;
    answer["contrans"]["pooling"] = body.pooling == TextPosition::mean ? "mean" : "last";
    exchange.respond({200, dump(answer) + "\n"});
}

}  // namespace contrans::server
