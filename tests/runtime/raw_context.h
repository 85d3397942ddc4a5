#pragma once

#include <memory>
#include <span>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/model.h"

struct ggml_tensor;
struct llama_context;

namespace contrans::testing {

/// The naive twin of Engine and all that stands on it: llama.cpp alone, one text a decode, every position's logits and
/// every block's states, and steering by llama.cpp's own control vectors.
class RawContext {
public:
    /// How keys and values are kept: llama.cpp's default, or exactly.
    enum class Cache { f16, f32 };
    /// @param tokens of context and batch
    explicit RawContext(const Model& model, std::size_t tokens = 512, Cache cache = Cache::f16);
    ~RawContext();
    RawContext(const RawContext&) = delete;
    RawContext& operator=(const RawContext&) = delete;

    struct Reading {
        Matrix logits;               ///< [tokens, vocabulary]
        std::vector<Matrix> states;  ///< per block [tokens, d_model]
    };
    /// From an empty context.
    [[nodiscard]] Reading read(std::span<const Token> tokens);

    /// llama_set_adapter_cvec with this offset at one block (1 or later) and zeros elsewhere.
    void steer(LayerIndex layer, std::span<const float> offset);
    /// The same with llama.cpp's own layout: [blocks from 1 on · d_model].
    void steer_raw(std::span<const float> data);

private:
    struct Free {
        void operator()(llama_context* context) const noexcept;
    };
    static bool on_node(ggml_tensor* node, bool ask, void* self);

    const Model& model_;
    std::size_t tokens_;
    Reading reading_;
    std::unique_ptr<llama_context, Free> context_;
};

/// The most likely token after each position.
[[nodiscard]] Token likeliest(std::span<const float> logits);

}  // namespace contrans::testing
