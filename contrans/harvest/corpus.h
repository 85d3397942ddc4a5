#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace contrans {

/// Reads texts from `.txt` (a text a line) and `.jsonl` (`{"text": …}`) files, in order, each text once.
/// Throws Error{io} when a file cannot be read; Error{format} naming file and line for malformed lines, an unknown file
/// ending, or files that hold no text.
[[nodiscard]] std::vector<std::string> read_corpus(std::span<const std::filesystem::path> files);

/// The same, with the texts of each file apart.
[[nodiscard]] std::vector<std::vector<std::string>> read_corpus_files(std::span<const std::filesystem::path> files);

/// `limit` of the texts in their order, drawn by chance and as evenly from the files as their sizes allow, so that a
/// small file beside a large one is heard. 0, or more than there are: all.
[[nodiscard]] std::vector<std::string> draw_evenly(std::vector<std::vector<std::string>> files, std::size_t limit,
                                                   std::uint64_t seed);

}  // namespace contrans
