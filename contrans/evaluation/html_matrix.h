#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "contrans/evaluation/html_text.h"

namespace contrans {

/// The names under `member`, each once, in the order in which they come.
template <class Cell>
[[nodiscard]] std::vector<std::string> names_in(std::span<const Cell> cells, std::string Cell::*member) {
    std::vector<std::string> names;
    for (const Cell& cell : cells) {
        if (std::ranges::find(names, cell.*member) == names.end()) names.push_back(cell.*member);
    }
    return names;
}

/// A row for each vector, a column for each name under `column`, each cell as `shown` gives it; "-" where there is
/// none.
template <class Cell, class Shown>
[[nodiscard]] std::string html_matrix(const std::string& caption, std::span<const Cell> cells,
                                      std::string Cell::*column, const Shown& shown) {
    const std::vector<std::string> columns = names_in(cells, column);
    std::vector<std::string> head = {"vector"};
    head.insert(head.end(), columns.begin(), columns.end());
    std::vector<std::vector<HtmlCell>> rows;
    for (const std::string& vector : names_in(cells, &Cell::vector)) {
        std::vector<HtmlCell>& row = rows.emplace_back();
        row.push_back({vector, HtmlCell::Kind::row_heading, ""});
        for (const std::string& name : columns) {
            const auto found = std::ranges::find_if(
                cells, [&](const Cell& cell) { return cell.vector == vector && cell.*column == name; });
            row.push_back(found == cells.end() ? HtmlCell{"-", HtmlCell::Kind::number, ""} : shown(*found));
        }
    }
    return html_table(caption, head, rows);
}

}  // namespace contrans
