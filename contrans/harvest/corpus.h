#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace contrans {

/// Reads texts from `.txt` (a text a line) and `.jsonl` (`{"text": …}`) files, in order, each text once.
/// Throws Error{io} when a file cannot be read; Error{format} naming file and line for malformed lines, an unknown file
/// ending, or files that hold no text.
[[nodiscard]] std::vector<std::string> read_corpus(std::span<const std::filesystem::path> files);

}  // namespace contrans
