#pragma once

#include <string>
#include <vector>

namespace contrans::cli {

/// The texts of a --neutral file (.txt or .jsonl); none without one, which the library takes as its built-in texts.
/// Throws what read_corpus throws.
[[nodiscard]] std::vector<std::string> read_neutral(const std::string& file);

}  // namespace contrans::cli
