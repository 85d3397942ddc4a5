#include "contrans/core/text_lines.h"

#include "contrans/core/line_reader.h"

namespace contrans {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\f\v";
    const std::size_t first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::vector<std::string> read_text_lines(const std::filesystem::path& file) {
    LineReader reader(file);
    std::vector<std::string> texts;
    while (const auto line = reader.next()) {
        const std::string_view text = trimmed(*line);
        if (!text.empty()) texts.emplace_back(text);
    }
    return texts;
}

}  // namespace contrans
