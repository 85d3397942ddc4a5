#pragma once

#include <string>
#include <vector>

namespace contrans::cli {

/// Rows of cells as lines: every column as wide as its widest cell, cells right-aligned, two spaces between and before.
/// Rows may be of different lengths. Widths count bytes: cells are ASCII.
[[nodiscard]] std::string aligned(const std::vector<std::vector<std::string>>& rows);

/// "name:  value" lines, values below each other.
struct Fact {
    std::string name;
    std::string value;
};
[[nodiscard]] std::string fact_lines(const std::vector<Fact>& facts);

}  // namespace contrans::cli
