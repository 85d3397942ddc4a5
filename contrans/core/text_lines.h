#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// `text` without the white space (ASCII) at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// A text a line, trimmed, blank lines skipped. Throws what LineReader throws; a file without texts gives none.
[[nodiscard]] std::vector<std::string> read_text_lines(const std::filesystem::path& file);

}  // namespace contrans
