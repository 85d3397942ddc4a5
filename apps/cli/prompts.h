#pragma once

#include <filesystem>
#include <vector>

#include "contrans/core/text.h"

namespace contrans::cli {

/// Reads `.txt` (a prompt a line) or `.jsonl` ({"prompt": T}, T a string or chat messages) files.
/// Throws Error{io} when the file cannot be read; Error{format} naming file and line for malformed lines, another file
/// ending, or a file without prompts.
[[nodiscard]] std::vector<Text> read_prompts(const std::filesystem::path& file);

}  // namespace contrans::cli
