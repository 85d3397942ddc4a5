#pragma once

#include <cstddef>
#include <cstdint>

namespace contrans {

/// C = A · Bᵀ in BF16 with sums in F32: `inputs` A [rows, depth] and `weights` B [columns, depth], row-major and dense,
/// and C [rows, columns] with `row_stride` floats from row to row. BF16 as its 16 bits.
struct Bf16Product {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t depth = 0;
    std::size_t row_stride = 0;
    const std::uint16_t* inputs = nullptr;
    const std::uint16_t* weights = nullptr;
    float* product = nullptr;
};

/// Computes it on the calling thread alone, by oneDNN's kernels (Debian's libdnnl). A row's result does not depend on
/// how many other rows there are: the same bits in any batch. Thread-safe. Throws dnnl::error where oneDNN cannot.
void multiply_bf16(const Bf16Product& product);

/// Whether this machine multiplies BF16 by its own instructions (AVX512_BF16), without which it is slower than F32.
[[nodiscard]] bool multiplies_bf16_natively();

}  // namespace contrans
