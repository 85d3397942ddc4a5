#pragma once

#include <compare>
#include <cstddef>

namespace contrans {

/// 0-based block index. The state after block k is llama.cpp's `l_out-k` and transformers' `hidden_states[k + 1]`.
struct LayerIndex {
    std::size_t value = 0;
    friend auto operator<=>(LayerIndex, LayerIndex) = default;
};

}  // namespace contrans
