#include "contrans/evaluation/html_text.h"

namespace contrans {
namespace {

std::string html_cell(const HtmlCell& cell) {
    const std::string note = cell.note.empty() ? "" : " <small>" + escape_html(cell.note) + "</small>";
    const std::string content = escape_html(cell.text) + note;
    switch (cell.kind) {
        case HtmlCell::Kind::row_heading:
            return "<th scope=\"row\">" + content + "</th>";
        case HtmlCell::Kind::number:
            return "<td class=\"number\">" + content + "</td>";
        case HtmlCell::Kind::text:
            break;
    }
    return "<td>" + content + "</td>";
}

/// Headings over numbers are aligned as the numbers are; the first row shows which.
std::string html_heading(const std::string& text, bool over_numbers) {
    return std::string("<th scope=\"col\"") + (over_numbers ? " class=\"number\">" : ">") + escape_html(text) + "</th>";
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string html_head(std::string_view title, std::string_view styles) {
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
           "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
           "'unsafe-inline'; img-src data:\">\n<meta name=\"viewport\" content=\"width=device-width, "
           "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
           "href=\"data:,\">\n<title>" +
           escape_html(title) + "</title>\n<style>\n" + std::string(styles) + "</style></head>\n";
}

std::string html_table(std::string_view caption, std::span<const std::string> head,
                       std::span<const std::vector<HtmlCell>> rows) {
    std::string html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + escape_html(caption) +
                       "\"><table><caption>" + escape_html(caption) + "</caption><thead><tr>";
    for (std::size_t c = 0; c < head.size(); ++c) {
        html += html_heading(head[c], !rows.empty() && rows[0][c].kind == HtmlCell::Kind::number);
    }
    html += "</tr></thead><tbody>\n";
    for (const std::vector<HtmlCell>& row : rows) {
        html += "<tr>";
        for (const HtmlCell& cell : row) html += html_cell(cell);
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

}  // namespace contrans
