#pragma once

#include <filesystem>

#include "contrans/core/model_identity.h"

namespace contrans {

/// A file with the same weights that this machine computes faster, or `file` itself where there is none.
///
/// Prefill with Q4_1 and K-quants is 1.5 to 3 times slower than with BF16 on CPUs with AVX512_BF16 (DESIGN §4). There
/// the quantised tensors are expanded once to BF16 into `${CONTRANS_CACHE:-~/.cache/contrans}/expanded`, named by the
/// model's fingerprint. Weights keep 8 significant bits of the dequantised value; files over 4 GiB expanded are left
/// alone. A copy that cannot be written is no error: `file` is used.
[[nodiscard]] std::filesystem::path expanded_weights(const std::filesystem::path& file, const ModelIdentity& identity);

}  // namespace contrans
