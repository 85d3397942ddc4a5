#pragma once

#include <filesystem>
#include <string>

namespace contrans {

/// All of a small file that people write. Throws Error{io} for one that is not there, is empty or cannot be read.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& file);

}  // namespace contrans
