#pragma once

namespace contrans {

/// From now on ggml's CPU backend leaves products with BF16 weights to oneDNN, for every model of this process
/// (docs/decisions/onednn.md). Does nothing on a machine without AVX512_BF16. Thread-safe; once is enough.
void use_onednn_kernels();

/// Turns them off and on again, to compare with ggml's own.
void set_onednn_kernels(bool on);

}  // namespace contrans
