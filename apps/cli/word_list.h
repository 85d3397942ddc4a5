#pragma once

#include <string>
#include <vector>

namespace contrans::cli {

/// "a, b, c"
[[nodiscard]] inline std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace contrans::cli
