#include "contrans/evaluation/table.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <vector>

#include "contrans/evaluation/headline.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

constexpr std::size_t kLongestName = 24;
constexpr std::size_t kShortestName = 6;

/// A column: two lines of heading and a cell a task. All but the first are aligned right.
struct Column {
    std::string upper;
    std::string lower;
    std::vector<std::string> cells;
};

/// Columns on the screen, a code point each.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

std::size_t width_of(const Column& column) {
    std::size_t width = std::max(width_of(column.upper), width_of(column.lower));
    for (const std::string& cell : column.cells) width = std::max(width, width_of(cell));
    return width;
}

/// At most `limit` code points, the last a "~" when something is missing; control characters become "?".
std::string shortened(const std::string& name, std::size_t limit) {
    std::string text;
    std::size_t n = 0;
    for (const char c : name) {
        const bool starts = (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
        if (starts && ++n > limit) break;
        text += static_cast<unsigned char>(c) < 0x20u || c == 0x7F ? '?' : c;
    }
    if (n <= limit) return text;
    while ((static_cast<unsigned char>(text.back()) & 0xC0u) == 0x80u) text.pop_back();
    text.back() = '~';
    return text;
}

using CellText = std::function<std::string(const ConditionResult&)>;

std::string value_cell(const ConditionResult& result) { return fixed(result.value); }
std::string interval_cell(const ConditionResult& result) {
    return with_interval(result.value, result.low, result.high);
}
std::string recovery_cell(const ConditionResult& result) { return fixed(result.recovery); }
std::string damage_cell(const ConditionResult& result) { return fixed(result.kl_nats); }

Column make_column(const EvaluationReport& report, const char* upper, const char* lower, const char* role,
                   const CellText& text) {
    Column column{upper, lower, {}};
    for (const std::string& task : task_names(report)) {
        const ConditionResult* result = find_result(report, task, role);
        column.cells.push_back(result == nullptr ? "-" : text(*result));
    }
    return column;
}

bool has_values(const Column& column) {
    return std::any_of(column.cells.begin(), column.cells.end(), [](const std::string& cell) { return cell != "-"; });
}

std::vector<Column> make_columns(const EvaluationReport& report) {
    std::vector<Column> columns = {{"", "concept", task_names(report)}};
    for (Column& column : std::vector<Column>{
             make_column(report, "", "none", role::kNone, value_cell),
             make_column(report, "", "prompt", role::kPrompt, value_cell),
             make_column(report, "few-", "shot", role::kFewShot, value_cell),
             make_column(report, "proxy-", "tuned", role::kProxyTuning, value_cell),
             make_column(report, "", "native", role::kNative, value_cell),
             make_column(report, "", "transplanted", role::kTransplanted, interval_cell),
             make_column(report, "reco-", "very", role::kTransplanted, recovery_cell),
             make_column(report, "", "paper", role::kPaper, value_cell),
             make_column(report, "shuf.", "map", role::kShuffledMap, value_cell),
             make_column(report, "shuf.", "labels", role::kShuffledLabels, value_cell),
             make_column(report, "rand.", "cov.", role::kRandomCovariance, value_cell),
             make_column(report, "rand.", "iso.", role::kRandomIsotropic, value_cell),
             make_column(report, "KL", "nats", role::kTransplanted, damage_cell),
         }) {
        if (has_values(column)) columns.push_back(std::move(column));
    }
    return columns;
}

/// How columns share the width: two blanks between them where that fits, else one, and names cut to what is left.
struct Layout {
    std::string gap;
    std::size_t name_width = 0;
};

Layout make_layout(const std::vector<Column>& columns) {
    std::size_t numbers = 0;
    for (std::size_t i = 1; i < columns.size(); ++i) numbers += width_of(columns[i]);
    const std::size_t names = std::min(width_of(columns[0]), kLongestName);
    const std::size_t gaps = columns.size() - 1;
    if (names + numbers + 2 * gaps <= kTableWidth) return {"  ", names};
    const std::size_t used = numbers + gaps;
    const std::size_t left = used < kTableWidth ? kTableWidth - used : 0;
    return {" ", std::clamp(left, kShortestName, std::max(names, kShortestName))};
}

void put_line(std::ostringstream& out, const std::vector<Column>& columns, const std::string& gap,
              const std::function<std::string(const Column&)>& cell) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string text = cell(columns[i]);
        const std::string padding(width_of(columns[i]) - width_of(text), ' ');
        line += i == 0 ? text + padding : gap + padding + text;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
}

/// Words of `text` in lines of at most kTableWidth.
void put_wrapped(std::ostringstream& out, const std::string& text) {
    std::istringstream words(text);
    std::string word;
    std::string line;
    while (words >> word) {
        if (!line.empty() && width_of(line) + 1 + width_of(word) > kTableWidth) {
            out << line << '\n';
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    out << line << '\n';
}

}  // namespace

std::string render_table(const EvaluationReport& report) {
    std::vector<Column> columns = make_columns(report);
    const Layout layout = make_layout(columns);
    for (std::string& name : columns[0].cells) name = shortened(name, layout.name_width);
    std::ostringstream out;
    put_line(out, columns, layout.gap, [](const Column& column) { return column.upper; });
    put_line(out, columns, layout.gap, [](const Column& column) { return column.lower; });
    for (std::size_t row = 0; row < columns[0].cells.size(); ++row) {
        put_line(out, columns, layout.gap, [row](const Column& column) { return column.cells[row]; });
    }
    out << '\n';
    for (const std::string& line : headline_lines(report, headline(report))) put_wrapped(out, line);
    return out.str();
}

}  // namespace contrans
