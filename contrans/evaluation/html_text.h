#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// `text` for element content and quoted attributes: & < > " ' become entities.
[[nodiscard]] std::string escape_html(std::string_view text);

/// A page up to its body: it needs no network and lets none be used. `styles`: CSS, taken as it is.
[[nodiscard]] std::string html_head(std::string_view title, std::string_view styles);

/// A table cell: plain text, escaped when rendered.
struct HtmlCell {
    std::string text;
    enum class Kind { text, number, row_heading } kind = Kind::text;
    std::string note;  ///< smaller, beside the text; may be empty
};

/// A table with a caption for screen readers, in a box that scrolls sideways where the page is too narrow.
/// @param head one plain text a column; every row has as many cells.
[[nodiscard]] std::string html_table(std::string_view caption, std::span<const std::string> head,
                                     std::span<const std::vector<HtmlCell>> rows);

}  // namespace contrans
