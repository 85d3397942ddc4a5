#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apps/server/generation_fields.h"
#include "contrans/core/layer_index.h"
#include "contrans/core/text.h"

namespace contrans::server {

enum class FloatFormat { numbers, base64 };

/// A body of POST /v1/embeddings, with fields of ours: layer (0-based; default three quarters up), pooling and
/// concepts or a persona.
struct EmbeddingBody {
    std::string model;
    std::vector<ConceptChoice> concepts;
    std::string persona;                                                ///< in the place of concepts; empty: none
    std::vector<std::variant<std::string, std::vector<Token>>> inputs;  ///< at least one, none empty
    std::optional<LayerIndex> layer;
    TextPosition pooling = TextPosition::mean;
    FloatFormat format = FloatFormat::numbers;
};

/// Throws what parse_body throws, and RequestError 400 and 404 as for completions.
[[nodiscard]] EmbeddingBody parse_embedding_body(std::string_view body, const RequestRules& rules);

}  // namespace contrans::server
