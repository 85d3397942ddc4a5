#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/text.h"
#include "contrans/runtime/tokenizer.h"
#include "contrans/serve/request_steering.h"

namespace contrans {

/// A hidden state of a text.
struct EmbeddingRequest {
    std::vector<Token> tokens;
    LayerIndex layer;                           ///< the state after this block
    TextPosition pooling = TextPosition::mean;  ///< of the last block only `last`: it computes no other
    RequestSteering steering;                   ///< default: unsteered
};

struct Embedding {
    std::vector<float> state;  ///< [d_model]
    std::size_t tokens = 0;    ///< that were read
};

}  // namespace contrans
