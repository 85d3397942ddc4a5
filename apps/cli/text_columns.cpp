#include "apps/cli/text_columns.h"

#include <algorithm>

namespace contrans::cli {

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
        text += "\n";
    }
    return text;
}

std::string fact_lines(const std::vector<Fact>& facts) {
    std::size_t width = 0;
    for (const Fact& fact : facts) width = std::max(width, fact.name.size());
    std::string text;
    for (const Fact& fact : facts)
        text += "  " + fact.name + std::string(width - fact.name.size() + 2, ' ') + fact.value + "\n";
    return text;
}

}  // namespace contrans::cli
