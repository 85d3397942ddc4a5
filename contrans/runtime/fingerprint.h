#pragma once

#include <filesystem>

#include "contrans/core/model_identity.h"

namespace contrans {

/// Reads a model file's identity from its header and samples of its tensors; no weights are loaded.
///
/// The SHA-256 covers architecture, tokenizer model and tokens, and for every tensor its name, type, shape and up to
/// 16 evenly spaced runs of 256 bytes. d_model and n_layers come from `<arch>.embedding_length` and
/// `<arch>.block_count`. Throws Error{io} when the file cannot be opened, Error{format} when it is no model GGUF or is
/// shorter than its header says.
[[nodiscard]] ModelIdentity read_model_identity(const std::filesystem::path& file);

}  // namespace contrans
