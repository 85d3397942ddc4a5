#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/runtime/model.h"
#include "tests/tiny_model.h"

namespace contrans::testing {

/// The two tiny models, each written and loaded once a process, gone with it.
[[nodiscard]] const std::filesystem::path& tiny_source_file();
[[nodiscard]] const std::shared_ptr<const Model>& tiny_source_model();
[[nodiscard]] const std::shared_ptr<const Model>& tiny_target_model();

/// English of about `n_bytes`, another for every seed: about as many tokens in the source, fewer in the target.
[[nodiscard]] std::string english(std::size_t n_bytes, unsigned seed = 0);

/// A tiny model with a narrow residual stream and one block: a file of 40 KB.
[[nodiscard]] TinyModel tiniest();

/// A real model in the cache that scripts/fetch-models fills. Throws std::runtime_error naming the script where it is
/// missing: a test that needs it fails.
[[nodiscard]] std::shared_ptr<const Model> real_model(std::string_view file_name);
[[nodiscard]] std::shared_ptr<const Model> real_smollm2();
[[nodiscard]] std::shared_ptr<const Model> real_gemma3();

}  // namespace contrans::testing
