#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "contrans/core/layer_index.h"

namespace contrans::bench {

/// The matrix products of a model's blocks 0 … deepest alone, over weights of random values.
class MatmulPeak {
public:
    enum class WeightType { bf16, f32 };

    /// @param rows  tokens of one product. Reads the shapes from the GGUF; throws Error{io} when there are none.
    MatmulPeak(const std::filesystem::path& model, LayerIndex deepest, WeightType type, std::size_t rows);
    ~MatmulPeak();
    MatmulPeak(const MatmulPeak&) = delete;
    MatmulPeak& operator=(const MatmulPeak&) = delete;

    /// Floating point operations of the blocks' products for one token.
    [[nodiscard]] double flop_per_token() const;
    /// Operations a second of `threads` threads that each run their own products, `repeats` times all of them.
    [[nodiscard]] double flops(std::size_t threads, std::size_t repeats) const;

private:
    struct Weights;
    std::unique_ptr<Weights> weights_;
    std::size_t rows_;
};

}  // namespace contrans::bench
