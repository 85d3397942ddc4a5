#include "apps/server/embedding_body.h"

#include "apps/server/completion_body.h"
#include "apps/server/concept_fields.h"
#include "apps/server/model_name.h"
#include "apps/server/request_error.h"

namespace contrans::server {
namespace {

constexpr std::size_t kMostInputs = 256;
constexpr std::uint64_t kDeepestLayer = 10'000;

/// One text, one list of tokens, or a list of either.
std::vector<std::variant<std::string, std::vector<Token>>> inputs_from(const FieldReader& body,
                                                                       std::size_t vocabulary_size) {
    const Json* input = body.value("input");
    if (input == nullptr) body.fail("input", "is missing");
    if (!input->is_array() || input->empty() || input->front().is_number()) {
        return {text_or_tokens(*input, "input", vocabulary_size)};
    }
    if (input->size() > kMostInputs) body.fail("input", "must have at most 256 texts");
    std::vector<std::variant<std::string, std::vector<Token>>> inputs;
    for (std::size_t i = 0; i < input->size(); ++i) {
        inputs.push_back(text_or_tokens((*input)[i], "input[" + std::to_string(i) + "]", vocabulary_size));
    }
    return inputs;
}

}  // namespace

EmbeddingBody parse_embedding_body(std::string_view text, const RequestRules& rules) {
    const Json json = parse_body(text);
    const FieldReader fields(json, "");
    EmbeddingBody body;
    body.concepts = joined(served_model_from(fields, rules), concepts_from(fields));
    body.persona = persona_from(fields, body.concepts);
    body.model = fields.text("model", kLongestModelName).value_or(rules.model_names.front());
    body.inputs = inputs_from(fields, rules.vocabulary_size);
    if (const auto layer = fields.whole("layer", {0, kDeepestLayer})) body.layer = LayerIndex{*layer};
    if (fields.word("pooling", {"mean", "last"}).value_or("mean") == "last") body.pooling = TextPosition::last;
    if (fields.word("encoding_format", {"float", "base64"}).value_or("float") == "base64")
        body.format = FloatFormat::base64;
    if (fields.has("dimensions")) fields.fail("dimensions", "states have the model's own width");
    return body;
}

}  // namespace contrans::server
